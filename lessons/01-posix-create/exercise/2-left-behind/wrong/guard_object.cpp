// killed: hung
// says: The kernel removes no object of a process that ends
// A second object, created with O_EXCL, is to keep others away while a name is removed. A creator
// that is killed in between leaves it, and every creator after it waits for ever.

#include "exercise.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>
#include <unistd.h>  // ftruncate

#include <cerrno>
#include <cstdio>
#include <cstring>  // memcpy
#include <string>

namespace {

// Removes the name, if it is still that of the object.
void remove_name(const char* name, int fd) {
    const std::string guard = std::string(name) + ".guard";
    while (shm_open(guard.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600) == -1) usleep(1000);
    struct stat state {};
    if (fstat(fd, &state) == 0 && state.st_nlink == 1) shm_unlink(name);
    shm_unlink(guard.c_str());
}

int create(const char* name) {
    for (;;) {
        int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
        const bool is_new = fd != -1;
        if (!is_new) fd = shm_open(name, O_RDWR, 0);
        if (fd == -1 || !lock_byte_0(fd)) return -1;
        struct stat state {};
        if (is_new && fstat(fd, &state) == 0 && state.st_nlink == 1) return fd;
        remove_name(name, fd);
        close(fd);
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
