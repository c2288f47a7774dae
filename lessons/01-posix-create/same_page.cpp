/// @file
/// Lesson 01, the proof: two processes map one object. Each shows the virtual address at which it
/// sees the first page, and the page frame of the machine's memory that lies behind it.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/child.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED
#include <unistd.h>    // pread, sysconf

#include <atomic>
#include <cstdint>
#include <string>

namespace {

using Word = std::atomic<std::uint32_t>;

//! [page frame]
/// Returns what /proc/self/pagemap says about the page at `address` (man 5 proc_pid_pagemap):
/// one 8-byte entry for each page of the process: "present" in the top bit, the frame's number in
/// the low 55.
std::string frame_behind(const void* address) {
    const shm::Descriptor pagemap(checked::open("/proc/self/pagemap", O_RDONLY));
    const auto page_size = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto page = reinterpret_cast<std::uintptr_t>(address) / page_size;
    std::uint64_t entry = 0;
    const ssize_t length = shm::check(
        pread(pagemap.get(), &entry, sizeof(entry), static_cast<off_t>(page * sizeof(entry))),
        "pread", "/proc/self/pagemap");
    if (length != sizeof(entry)) return "not told by the kernel";
    if ((entry >> 63U) == 0) return "none: not in memory at the moment";
    const std::uint64_t frame = entry & ((std::uint64_t{1} << 55U) - 1);
    if (frame == 0) return "hidden by the kernel (it takes the machine's own CAP_SYS_ADMIN)";
    return fmt::format("{:#x}", frame);
}
//! [page frame]

//! [one process]
/// Maps the object, adds 1 to its first word, and says what it sees. Both processes run it.
void show(int fd, const char* who) {
    void* memory = checked::mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    // relaxed: the count itself is all that is shared, and the parent waits for the child's end.
    const auto value = static_cast<Word*>(memory)->fetch_add(1, std::memory_order_relaxed) + 1;
    shm::say("{}: address {}, page frame {}, inode {}, count {}", who, memory, frame_behind(memory),
             checked::fstat(fd).st_ino, value);
    // Not unmapped: the child inherits this mapping, so its own must lie at another address.
}
//! [one process]

int same_page() {
    const std::string name = fmt::format("/same_page-{}", getpid());
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    const int fd = object.get();
    checked::shm_unlink(name);  // the object lives on as long as it is open or mapped
    checked::ftruncate(fd, sizeof(Word));
    // Takes the memory: a full /dev/shm is an error here, and not a SIGBUS at the first write.
    checked::posix_fallocate(fd, 0, sizeof(Word));

    show(fd, "parent");
    const pid_t child = checked::fork();
    if (child == 0) shm::run_as_child([&] { show(fd, "child "); });
    if (checked::waitpid(child) != 0) throw shm::Failure("the child failed; see its message above");
    shm::say("Two processes, two addresses, one page of memory.");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return shm::program(
        argc, argv, "Shows that two processes that map one object use the same page of memory.",
        [](shm::Options&) {}, [] { return same_page(); });
}
