// A wrong answer: it asks for the lock of others, and takes none itself.
// scene: two of your own
// says: takes none itself

#include "exercise.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <unistd.h>    // ftruncate

#include <cerrno>
#include <cstdio>
#include <cstring>  // memcpy

namespace {

int create(const char* name) {
    const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd != -1) return fd;
    const int old = shm_open(name, O_RDWR, 0);
    if (!lock_byte_0(old)) return -1;
    shm_unlink(name);
    close(old);
    return create(name);
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
