#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "stage.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>  // fchmod
#include <unistd.h>

#include <cstdint>

using shm::check;

// A peer that means harm, and what keeps it off.

namespace {

const std::size_t page = shm::page_size();
constexpr int read_write = PROT_READ | PROT_WRITE;

/// Maps a page behind which nothing lies that may be touched, wherever the kernel puts it.
char* map_before_a_gap() {
    void* both = checked::mmap(nullptr, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const int flags = MAP_SHARED | MAP_FIXED;
    return static_cast<char*>(
        checked::mmap(both, page, read_write, flags, stage::make_memfd(page), 0));
}

std::string path_of(int fd) {
    return fmt::format("/proc/self/fd/{}", fd);
}

/// What a receiver of the same account does with a descriptor for reading.
int opened_again_for_writing(int fd) {
    check(fchmod(fd, 0600), "fchmod", "a memfd");
    return checked::open(path_of(fd), O_RDWR);
}

bool writes_into_own_memory(const char* memory) {
    const int self = checked::open("/proc/self/mem", O_RDWR);
    return pwrite(self, "x", 1, static_cast<off_t>(reinterpret_cast<std::uintptr_t>(memory))) == 1;
}

/// Tries each way to change a sealed memfd or its length. Returns what was refused.
/// @param fd      open for reading and writing
/// @param memory  a mapping of it for reading
/// @throws Unexpected where one is not refused
std::string refused_attacks(int fd, char* memory) {
    constexpr int hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    const struct {
        const char* what;
        bool succeeded;
    } attacks[] = {
        {"ftruncate to less", ftruncate(fd, 0) == 0},
        {"and to more", ftruncate(fd, 2 * page) == 0},
        {"fallocate", fallocate(fd, 0, 0, 2 * page) == 0},
        {"holes", fallocate(fd, hole, 0, page) == 0},
        {"write", pwrite(fd, "x", 1, 0) == 1},
        {"mmap", mmap(nullptr, page, read_write, MAP_SHARED, fd, 0) != MAP_FAILED},
        {"mprotect", mprotect(memory, page, read_write) == 0},
        {"MADV_REMOVE", madvise(memory, page, MADV_REMOVE) == 0},
        {"/proc/self/mem", writes_into_own_memory(memory)},
        {"more seals", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0},
    };
    std::string refused;
    for (const auto& attack : attacks) {
        stage::expect(!attack.succeeded, std::string(attack.what) + " was not refused");
        refused += (refused.empty() ? "" : ", ") + std::string(attack.what);
    }
    return refused;
}

const Row rows[] = {
    {"index-out-of-range", "an index is read from shared memory and used", "mmap", "SIGSEGV",
     "the peer may write any value", "read it once, check it, then use the copy",
     [] {
         volatile char* memory = map_before_a_gap();
         auto* index = reinterpret_cast<volatile std::uint64_t*>(const_cast<char*>(memory));
         *index = page + 100;  // the peer's doing
         memory[*index] = 1;
         return std::string();
     }},
    {"double-fetch", "an index is checked in shared memory, and read again for its use", "mmap",
     "SIGSEGV", "the peer changed it in between, so the check was worthless",
     "read it once into a local; check that, use that",
     [] {
         volatile char* memory = map_before_a_gap();
         auto* index = reinterpret_cast<volatile std::uint64_t*>(const_cast<char*>(memory));
         if (*index < page) {
             stage::in_killed_child([=] { *index = page + 100; });
             memory[*index] = 1;
         }
         return std::string();
     }},
    {"seal-shrink", "a program shrinks a memfd that has F_SEAL_SHRINK", "ftruncate", "EPERM",
     "the seal does what it is for: no SIGBUS for those who have it mapped",
     "do not change its size",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_SHRINK);
         checked::ftruncate(fd, 0);
         return std::string();
     }},
    {"seal-grow", "a program enlarges a memfd that has F_SEAL_GROW", "ftruncate", "EPERM",
     "the seal does what it is for", "give it its size before it is sealed",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_GROW);
         checked::ftruncate(fd, 2 * page);
         return std::string();
     }},
    {"seal-no-holes", "the memory is taken out of a memfd that cannot be shrunk", "fallocate",
     "success", "F_SEAL_SHRINK keeps the length; a hole may still be punched",
     "F_SEAL_WRITE or F_SEAL_FUTURE_WRITE, too",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_SHRINK);
         char* memory = stage::map(fd, page, read_write);
         memory[0] = 1;
         check(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, page), "fallocate",
               "a memfd");
         stage::expect(const_cast<volatile char*>(memory)[0] == 0, "the data are there");
         return std::string("the data read 0 from then on");
     }},
    {"seal-future-write", "a memfd with F_SEAL_FUTURE_WRITE is mapped for writing", "mmap", "EPERM",
     "only the mappings from before the seal may write", "map it PROT_READ",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_FUTURE_WRITE);
         checked::mmap(nullptr, page, read_write, MAP_SHARED, fd, 0);
         return std::string();
     }},
    {"seal-write-mapped", "a memfd gets F_SEAL_WRITE while it is mapped for writing",
     "fcntl F_ADD_SEALS", "EBUSY",
     "a process may still write through its mapping, or make it writable",
     "unmap it first; or F_SEAL_FUTURE_WRITE, with which that mapping goes on writing",
     [] {
         const int fd = stage::make_memfd(page);
         stage::map(fd, page, read_write);
         check(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), "fcntl F_ADD_SEALS", "a memfd",
               "it is mapped for writing; unmap it first, or take F_SEAL_FUTURE_WRITE");
         return std::string();
     }},
    {"seals-not-asked", "a receiver maps a memfd without a look at its seals", "mmap", "SIGBUS",
     "nothing keeps the sender from shortening it",
     "F_GET_SEALS before mmap: F_SEAL_SHRINK against SIGBUS, F_SEAL_WRITE against changes",
     [] {
         const int fd = stage::make_memfd(page);
         volatile char* memory = stage::map(fd, page, PROT_READ);
         stage::in_killed_child([=] { checked::ftruncate(fd, 0); });  // the sender's doing
         return std::string(1, memory[0]);
     }},
    {"seal-object", "an object of shm_open is sealed", "fcntl F_ADD_SEALS", "EPERM",
     "only memfds made with MFD_ALLOW_SEALING or MFD_NOEXEC_SEAL take seals, by a descriptor "
     "that may write, until F_SEAL_SEAL",
     "memfd_create with MFD_ALLOW_SEALING",
     [] {
         check(fcntl(stage::make_object(page), F_ADD_SEALS, F_SEAL_SHRINK), "fcntl F_ADD_SEALS",
               stage::name, "an object of shm_open takes no seals; make it with memfd_create");
         return std::string();
     }},
    {"memfd-opened-again", "a memfd is handed over for reading only", "open", "success",
     "its mode is 0777: the receiver opens it again through /proc/self/fd",
     "F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE and F_SEAL_SEAL before it is handed over",
     [] {
         const int given = checked::open(path_of(stage::make_memfd(page)), O_RDONLY);
         checked::ftruncate(checked::open(path_of(given), O_RDWR), 0);
         return std::string("the receiver writes to it, and truncates it");
     }},
    {"memfd-chmod", "a memfd is kept from a receiver by its mode alone, 0400", "fchmod", "success",
     "a receiver of the same account gives itself the right back, and opens it again",
     "seals: no mode, and no account, takes them off",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_SEAL);
         check(fchmod(fd, 0400), "fchmod", "a memfd");
         const int again = opened_again_for_writing(checked::open(path_of(fd), O_RDONLY));
         checked::ftruncate(again, 0);
         return std::string("the receiver changes the mode back, and truncates it");
     }},
    {"memfd-sealed", "a receiver attacks a memfd with four seals", "fcntl F_ADD_SEALS", "success",
     "F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE and F_SEAL_SEAL hold against its owner, too",
     "nothing: the sender mapped it before it was sealed, and still writes",
     [] {
         const int fd = stage::make_memfd(page);
         char* sender = stage::map(fd, page, read_write);
         const unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
         check(fcntl(fd, F_ADD_SEALS, seals), "fcntl F_ADD_SEALS", "a memfd");
         const int again = opened_again_for_writing(checked::open(path_of(fd), O_RDONLY));
         char* receiver = stage::map(again, page, PROT_READ);
         const std::string refused = refused_attacks(again, receiver);
         sender[0] = 7;
         stage::expect(const_cast<volatile char*>(receiver)[0] == 7, "the sender cannot write");
         return refused + " are refused; the sender still writes";
     }},
};

}  // namespace

const std::span<const Row> peer_rows = rows;
