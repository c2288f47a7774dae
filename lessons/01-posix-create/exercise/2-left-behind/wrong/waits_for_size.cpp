// A wrong answer: it waits until the old object has a size.
// scene: killed before the object had a size
// says: nobody will give it

#include "exercise.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <unistd.h>    // ftruncate

#include <cerrno>
#include <cstdio>
#include <cstring>  // memcpy

namespace {

int create(const char* name) {
    int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (fd != -1) return lock_byte_0(fd) ? fd : -1;
    fd = shm_open(name, O_RDWR, 0);
    while (lseek(fd, 0, SEEK_END) == 0) usleep(1000);
    if (!lock_byte_0(fd)) return -1;
    shm_unlink(name);
    close(fd);
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
