/// @file
/// boost_segment NAME: a Boost.Interprocess segment with a vector in it, as another program would
/// make one. Says "ready", and waits until its standard input ends; then removes it.

#include <boost/interprocess/managed_shared_memory.hpp>

#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    namespace ipc = boost::interprocess;
    {
        ipc::managed_shared_memory memory(ipc::create_only, argv[1], 65536);
        memory.construct<int>("answer")[10](42);
        std::puts("ready");
        std::fflush(stdout);
        char byte = 0;
        while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    }
    return ipc::shared_memory_object::remove(argv[1]) ? 0 : 1;
}
