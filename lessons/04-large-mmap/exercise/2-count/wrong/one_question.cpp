// A wrong answer: it asks once for all entries, and hears of one lock.
// scene: one of four leaves
// says: names one lock

#include "exercise.hpp"

#include <cstdio>

namespace {

// Returns whether an entry is ours, until we end.
bool attach(int fd, Shared&) {
    for (off_t entry = 0; entry < entries; ++entry) {
        struct flock lock = lock_on(entry, 1);
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
    }
    return false;
}

unsigned count(int fd, const Shared&) {
    struct flock lock = lock_on(0, entries);
    fcntl(fd, F_OFD_GETLK, &lock);
    return lock.l_type == F_UNLCK ? 1 : 1 + static_cast<unsigned>(lock.l_len);
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
