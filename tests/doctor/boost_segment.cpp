/// @file
/// boost_segment NAME: a Boost.Interprocess segment with a vector in it, as another program would
/// make one. Says "ready", and waits until its standard input ends; then removes it.

#include <boost/interprocess/managed_shared_memory.hpp>

#include <unistd.h>

#include <cstdio>

namespace ipc = boost::interprocess;

int main(int argc, char** argv) try {
    if (argc != 2) return 2;
    {
        ipc::managed_shared_memory memory(ipc::create_only, argv[1], 65536);
        memory.construct<int>("answer")[10](42);
        std::puts("ready");
        std::fflush(stdout);
        char byte = 0;
        while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    }
    return ipc::shared_memory_object::remove(argv[1]) ? 0 : 1;
} catch (const ipc::interprocess_exception& error) {
    std::fprintf(stderr, "boost_segment: %s\n", error.what());
    return 1;
}
