#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "stage.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

using shm::check;

// A peer that means harm, and what keeps it off.

namespace {

constexpr std::size_t page = 4096;
constexpr int read_write = PROT_READ | PROT_WRITE;

/// Maps a page behind which nothing lies that may be touched, wherever the kernel puts it.
char* map_before_a_gap() {
    void* both = checked::mmap(nullptr, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const int flags = MAP_SHARED | MAP_FIXED;
    return static_cast<char*>(
        checked::mmap(both, page, read_write, flags, stage::make_memfd(page), 0));
}

const Row rows[] = {
    {"index-out-of-range", "an index is read from shared memory and used", "mmap", "SIGSEGV",
     "the peer wrote what it liked", "read it once, check it, then use the copy",
     [] {
         volatile char* memory = map_before_a_gap();
         auto* index = reinterpret_cast<volatile std::uint64_t*>(const_cast<char*>(memory));
         *index = page + 100;  // the peer's doing
         memory[*index] = 1;
         return std::string();
     }},
    {"double-fetch", "an index is checked in shared memory, and read again for its use", "mmap",
     "SIGSEGV", "the peer changed it in between: the check was worth nothing",
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
    {"seal-shrink", "a memfd with F_SEAL_SHRINK is shrunk", "ftruncate", "EPERM",
     "the seal does what it is for: no SIGBUS for those who have it mapped", "leave it its size",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_SHRINK);
         checked::ftruncate(fd, 0);
         return std::string();
     }},
    {"seal-grow", "a memfd with F_SEAL_GROW is made larger", "ftruncate", "EPERM",
     "the seal does what it is for", "give it its size before it is sealed",
     [] {
         const int fd = stage::make_memfd(page, F_SEAL_GROW);
         checked::ftruncate(fd, 2 * page);
         return std::string();
     }},
    {"seal-no-holes", "the memory is taken out of a memfd that cannot be shrunk", "fallocate",
     "success", "F_SEAL_SHRINK keeps the length; a hole may still be punched", "F_SEAL_WRITE, too",
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
    {"seal-object", "an object of shm_open is sealed", "fcntl F_ADD_SEALS", "EPERM",
     "only memfds made with MFD_ALLOW_SEALING take seals", "memfd_create",
     [] {
         check(fcntl(stage::make_object(page), F_ADD_SEALS, F_SEAL_SHRINK), "fcntl F_ADD_SEALS",
               stage::name, "an object of shm_open takes no seals; make it with memfd_create");
         return std::string();
     }},
    {"memfd-opened-again", "a memfd is handed over for reading only", "open", "success",
     "its mode is 0777: the receiver opens it again through /proc/self/fd",
     "fchmod(fd, 0400) and F_SEAL_SEAL before it is handed over",
     [] {
         const std::string path = fmt::format("/proc/self/fd/{}", stage::make_memfd(page));
         const int given = checked::open(path, O_RDONLY);
         const std::string again = fmt::format("/proc/self/fd/{}", given);
         const int fd = checked::open(again, O_RDWR);
         checked::ftruncate(fd, 0);
         return std::string("the receiver writes to it, and truncates it");
     }},
};

}  // namespace

const std::span<const Row> peer_rows = rows;
