// A wrong answer: it counts the descriptors of the object that /proc shows.
// scene: one that only looks
// says: only looks

#include "exercise.hpp"

#include <algorithm>  // count_if
#include <filesystem>
#include <string>

#include <cstdio>

namespace {

bool attach(int, Shared&) {
    return true;
}

unsigned count(int fd, const Shared&) {
    namespace fs = std::filesystem;
    std::error_code gone;
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    const fs::path object = fs::read_symlink(self, gone);
    unsigned attached = 0;
    for (const auto& process : fs::directory_iterator("/proc", gone)) {
        if (process.path().filename().string().find_first_not_of("0123456789") !=
            std::string::npos) {
            continue;
        }
        const fs::directory_iterator descriptors(process.path() / "fd", gone);
        if (gone) continue;
        attached += static_cast<unsigned>(
            std::count_if(begin(descriptors), end(descriptors), [&](const auto& descriptor) {
                return fs::read_symlink(descriptor.path(), gone) == object;
            }));
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
