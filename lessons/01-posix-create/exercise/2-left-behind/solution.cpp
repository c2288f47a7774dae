// Exercise 01.2, one solution: the process that gets the lock of an old object knows that its owner
// is dead.

#include "exercise.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>
#include <unistd.h>  // ftruncate

#include <cerrno>
#include <cstdio>
#include <cstring>  // memcpy

namespace {

// Returns a new object of this name, locked; -1 if a living process has the name.
int create(const char* name) {
    for (;;) {
        int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
        const bool is_new = fd != -1;
        if (!is_new && errno != EEXIST) return -1;
        if (!is_new) fd = shm_open(name, O_RDWR, 0);
        if (fd == -1 && errno == ENOENT) continue;  // its owner has just removed it
        if (fd == -1) return -1;
        // Held: its owner lives. Not held: it was left behind, or has just been created.
        const bool has_lock = lock_byte_0(fd);
        // Another process may have had the lock in between, and removed the name. It may be that of
        // another object by now.
        struct stat state {};
        const bool has_name = fstat(fd, &state) == 0 && state.st_nlink == 1;
        if (has_lock && has_name && is_new) return fd;
        if (has_lock && has_name) shm_unlink(name);
        close(fd);
        if (!has_lock && !is_new) return -1;
    }
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
