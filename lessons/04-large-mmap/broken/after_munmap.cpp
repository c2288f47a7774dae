/// @file
/// Lesson 04, the obvious wrong way: a process that has detached looks once more into the memory,
/// to see whether it was the last one. The memory is no longer there.

#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR, posix_fallocate
#include <sys/mman.h>  // shm_open, shm_unlink, mmap, munmap
#include <unistd.h>    // getpid

#include <atomic>
#include <cstdio>  // printf: unlike shm::say, it buffers
#include <new>
#include <string>

using shm::check;

namespace {

struct Counted {
    std::atomic<int> process_count;
};

int after_munmap(const std::string& name) {
    constexpr std::size_t size = 1 << 20;
    const int fd = check(shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600), "shm_open", name);
    shm::check_returned(posix_fallocate(fd, 0, size), "posix_fallocate", name);
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shm::check_mapped(memory, "mmap", name);
    auto* shared = new (memory) Counted{};

    //! [after munmap]
    // relaxed: a number of its own, nothing else is read because of it.
    shared->process_count.fetch_add(1, std::memory_order_relaxed);
    std::printf("Process %d attached. Total processes: %d\n", getpid(),
                shared->process_count.load(std::memory_order_relaxed));
    shared->process_count.fetch_sub(1, std::memory_order_relaxed);
    check(munmap(memory, size), "munmap", name);

    if (shared->process_count.load(std::memory_order_relaxed) == 0) {  // this address is gone
        check(shm_unlink(name.c_str()), "shm_unlink", name);
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
