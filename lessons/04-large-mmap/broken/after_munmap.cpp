/// @file
/// Lesson 04, the obvious wrong way: a process that has detached looks once more into the memory,
/// to see whether it was the last one. The memory is no longer there.

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED
#include <unistd.h>    // getpid

#include <atomic>
#include <cstdio>  // printf: unlike shm::say, it buffers
#include <new>
#include <string>

namespace {

struct Counted {
    std::atomic<int> process_count;
};

int after_munmap(const std::string& name) {
    constexpr std::size_t size = 1 << 20;
    const int fd = checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    checked::posix_fallocate(fd, 0, size);
    void* memory = checked::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    auto* shared = new (memory) Counted{};

    //! [after munmap]
    // relaxed: a number of its own, nothing else is read because of it.
    shared->process_count.fetch_add(1, std::memory_order_relaxed);
    std::printf("Process %d attached. Total processes: %d\n", getpid(),
                shared->process_count.load(std::memory_order_relaxed));
    shared->process_count.fetch_sub(1, std::memory_order_relaxed);
    checked::munmap(memory, size);

    if (shared->process_count.load(std::memory_order_relaxed) == 0) {  // this address is gone
        checked::shm_unlink(name);
        std::printf("Cleaned up shared memory\n");
    }
    //! [after munmap]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/large_shared_memory";
    return shm::program(
        argc, argv, "Broken on purpose: reads shared memory that it has just unmapped.",
        [&](shm::Options& options) { options.object_name("--name", name, "The object's name"); },
        [&] { return after_munmap(name); });
}
