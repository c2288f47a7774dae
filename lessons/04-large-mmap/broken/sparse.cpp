/// @file
/// Lesson 04, the obvious wrong way: an object that is given a length by ftruncate, and takes its
/// memory page by page, as it is written. Where the file system has too little, every call
/// succeeds, and a write ends the process.

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_unlink, PROT_READ, PROT_WRITE, MAP_SHARED
#include <unistd.h>    // sysconf

#include <string>

namespace {

int sparse(const std::string& name, std::size_t size) {
    const int fd = checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    const shm::Cleanup unlink_name([&] { checked::shm_unlink(name); });
    //! [sparse write]
    checked::ftruncate(fd, size);
    shm::say("ftruncate to {} bytes: succeeded", size);

    void* memory = checked::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shm::say("mmap of {} bytes: succeeded", size);

    auto* bytes = static_cast<volatile char*>(memory);  // volatile: do write them, one by one
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    for (std::size_t written = 0; written < size; written += page) {
        if (written % (16 * page) == 0) shm::say("{} pages written", written / page);
        bytes[written] = 'x';  // the kernel looks for a page to put here, now
    }
    shm::say("all {} pages written", size / page);
    //! [sparse write]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/large_shared_memory";
    std::size_t size = 1 << 20;
    return shm::program(
        argc, argv, "Broken on purpose: writes to memory that it has not made sure of.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.size("--size", size, "The object's size in bytes");
        },
        [&] { return sparse(name, size); });
}
