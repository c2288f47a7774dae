// Exercise 01.2: create an object, also where a dead process has left one. Called as: creator NAME
// This program refuses every name that is taken. There is one place to write: "Your turn".

#include "exercise.hpp"  // lock_byte_0

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // ftruncate

#include <cerrno>
#include <cstdio>
#include <cstring>  // memcpy

namespace {

// Returns a new object of this name, locked; -1 if the name is in use.
int create(const char* name) {
    const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd != -1 && !lock_byte_0(fd)) return -1;
    // Your turn. The name may be there since its owner was killed. How do you know that it was?
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: creator NAME\n");
        return 2;
    }
    const int fd = create(argv[1]);
    if (fd == -1) {
        std::perror("creator");
        return 1;
    }
    if (ftruncate(fd, 4096) == -1) return 1;
    void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return 1;
    std::memcpy(memory, "Hello", 6);
    std::printf("Ready\n");
    std::getchar();  // until Enter
    shm_unlink(argv[1]);
    return 0;
}
