// A wrong answer: it removes the name that is the counter's.
// scene: the counter counts while you look
// says: Who removes

#include "exercise.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const int fd = shm_open(argv[1], O_RDONLY, 0600);
    if (fd == -1) {
        std::perror("follower: shm_open");
        return 1;
    }
    struct stat status {};
    do {
        usleep(1000);
        if (fstat(fd, &status) == -1) return 1;
    } while (status.st_size < static_cast<off_t>(sizeof(Count)));
    void* memory = mmap(nullptr, sizeof(Count), PROT_READ, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return 1;
    const auto* shared = static_cast<const Count*>(memory);
    while (shared->whole.load() == 0) usleep(1000);
    std::uint64_t last = 0;
    for (bool ended = false; !ended; usleep(1000)) {
        ended = shared->ended.load() == 1;
        const std::uint64_t count = shared->count.load();
        if (count != last) std::printf("Count: %llu\n", static_cast<unsigned long long>(count));
        last = count;
    }
    shm_unlink(argv[1]);
    std::printf("The counter has ended\n");
    return 0;
}
