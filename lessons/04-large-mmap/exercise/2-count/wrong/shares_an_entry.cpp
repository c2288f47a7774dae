// A wrong answer: it takes read locks, of which several can lie on one entry.
// scene: three of your own
// says: F_RDLCK

#include "exercise.hpp"

#include <cstdio>

namespace {

// Returns whether an entry is ours, until we end.
bool attach(int fd, Shared&) {
    for (off_t entry = 0; entry < entries; ++entry) {
        struct flock lock = lock_on(entry, 1);
        lock.l_type = F_RDLCK;
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
    }
    return false;
}

// Asks for each entry whether another process holds it. Our own lock is not in our way, so it is
// not reported.
unsigned count(int fd, const Shared&) {
    unsigned attached = 1;
    for (off_t entry = 0; entry < entries; ++entry) {
        struct flock lock = lock_on(entry, 1);
        if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) ++attached;
    }
    return attached;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: member NAME\n");
        return 2;
    }
    const int fd = shm_open(argv[1], O_RDWR, 0);
    if (fd == -1) {
        std::perror("member: shm_open");
        return 1;
    }
    void* memory = mmap(nullptr, object_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return 1;
    auto* shared = static_cast<Shared*>(memory);
    if (!attach(fd, *shared)) {
        std::fprintf(stderr, "member: no entry is free\n");
        return 1;
    }
    std::printf("Attached: %u\n", count(fd, *shared));
    std::getchar();  // until Enter
    std::printf("Attached: %u\n", count(fd, *shared));
    return 0;
}
