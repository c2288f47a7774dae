// Exercise 04.1: refuse an object that does not fit. Called as: opener NAME
// This program believes whatever it finds. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Counters: the layout that this program knows

#include <fcntl.h>     // O_RDONLY
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>  // fstat

#include <cstdio>
#include <cstring>  // memcmp

namespace {

[[maybe_unused]] int refuse(const char* why) {
    std::fprintf(stderr, "opener: refused: %s\n", why);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: opener NAME\n");
        return 2;
    }
    const int fd = shm_open(argv[1], O_RDONLY, 0);
    if (fd == -1) {
        std::perror("opener: shm_open");
        return 1;
    }
    void* memory = mmap(nullptr, sizeof(Counters), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return 1;
    const auto* counters = static_cast<const Counters*>(memory);

    // Your turn. Whose object is it, which layout has it, is it long enough, can its count be?
    const std::uint32_t count = counters->count.load(std::memory_order_relaxed);

    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += counters->entries[i];
    std::printf("Sum: %u\n", sum);
    return 0;
}
