// A wrong answer: it does not look how long the object is.
// scene: an object that is too short
// says: fstat

#include "exercise.hpp"

#include <fcntl.h>     // O_RDONLY
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>  // fstat

#include <cstdio>
#include <cstring>  // memcmp

namespace {

int refuse(const char* why) {
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
    if (std::memcmp(counters->magic, our_magic, sizeof(our_magic)) != 0) {
        return refuse("it is another program's");
    }
    if (counters->version != our_version) return refuse("it has another layout");
    const std::uint32_t count = counters->count;
    if (count > most_entries) return refuse("its count cannot be");

    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += counters->entries[i];
    std::printf("Sum: %u\n", sum);
    return 0;
}
