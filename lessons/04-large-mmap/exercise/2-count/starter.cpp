// Exercise 04.2: count the members of an object. Called as: member NAME
// This program counts those, too, that were killed. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Shared, lock_on

#include <cstdio>

namespace {

// Your turn, in both functions, and then detach is not needed any more. Whom can you ask that
// knows of each process when it ends, however it ends?
bool attach(int fd, Shared& shared) {
    (void)fd;
    shared.count.fetch_add(1);
    return true;
}

unsigned count(int fd, const Shared& shared) {
    (void)fd;
    return shared.count.load();
}

void detach(Shared& shared) {
    shared.count.fetch_sub(1);
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
    detach(*shared);
    return 0;
}
