// Exercise 01.1: follow the number that `counter` counts in shared memory. Called as: follower NAME
// This program reads the number once. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Count: what lies in the object

#include <fcntl.h>     // O_RDONLY
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // usleep

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: follower NAME\n");
        return 2;
    }
    const int fd = shm_open(argv[1], O_RDONLY, 0);
    if (fd == -1) {
        std::perror("follower: shm_open");
        return 1;
    }
    void* memory = mmap(nullptr, sizeof(Count), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        std::perror("follower: mmap");
        return 1;
    }
    const auto* shared = static_cast<const Count*>(memory);

    // Your turn. The counter goes on counting after this line: print each new number, until the
    // counter has ended. And what if you come before the object is whole?
    std::printf("Count: %llu\n", static_cast<unsigned long long>(shared->count.load()));

    std::printf("The counter has ended\n");
    return 0;
}
