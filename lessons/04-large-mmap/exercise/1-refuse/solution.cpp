// Exercise 04.1, one solution: it looks at everything before it uses anything, and once.

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
    struct stat state {};
    if (fstat(fd, &state) == -1) return 1;
    if (state.st_size < static_cast<off_t>(sizeof(Counters))) return refuse("it is too short");
    void* memory = mmap(nullptr, sizeof(Counters), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return 1;
    const auto* counters = static_cast<const Counters*>(memory);
    if (std::memcmp(counters->magic, our_magic, sizeof(our_magic)) != 0) {
        return refuse("it is another program's");
    }
    if (counters->version != our_version) return refuse("it has another layout");
    // Read once: another process could change it between the look and the use.
    // relaxed: it says nothing of the entries, which have been there since the object was made.
    const std::uint32_t count = counters->count.load(std::memory_order_relaxed);
    if (count > most_entries) return refuse("its count cannot be");

    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += counters->entries[i];
    std::printf("Sum: %u\n", sum);
    return 0;
}
