/// @file
/// Lesson 04, page_cost: shared memory of the kinds that the lesson compares, mapped so that huge
/// pages are possible, and what the kernel really gave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>

namespace page_cost {

/// The kinds of memory that are compared.
enum class Kind {
    dev_shm,    ///< a file of /dev/shm, as shm_open() makes; ruled by that mount's `huge=`
    memfd,      ///< memfd_create(); ruled by /sys/kernel/mm/transparent_hugepage/shmem_enabled
    huge_memfd  ///< memfd_create(MFD_HUGETLB); huge pages, or nothing
};

/// Shared memory without a name: gone with the last who has it open or mapped, however that ends.
class Memory {
public:
    /// @param size  in bytes; for Kind::huge_memfd a multiple of `huge`
    /// @param huge  bytes of a huge page
    Memory(Kind kind, std::size_t size, std::size_t huge);
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory();

    /// Returns the descriptor, for mmap().
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

/// A mapping that begins at a multiple of the huge page's size: a huge page cannot begin elsewhere.
class Mapping {
public:
    /// Maps all of the memory, shared, for reading and writing.
    /// @param huge   bytes of a huge page; `size` need not be a multiple of it
    /// @param flags  MAP_POPULATE, or 0
    /// @throws SystemError ENOMEM where Kind::huge_memfd finds too few pages in the pool
    Mapping(const Memory& memory, std::size_t size, std::size_t huge, int flags = 0);
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    /// Returns where it begins.
    unsigned char* address() const noexcept { return address_; }
    /// Returns its length in bytes.
    std::size_t size() const noexcept { return size_; }

private:
    void* reserved_;  ///< the whole range of addresses that was reserved, of which we use part
    std::size_t reserved_size_;
    unsigned char* address_;
    std::size_t size_;
};

/// What a mapping has, as the kernel tells it in /proc/self/smaps (man 5 proc_pid_smaps). In bytes.
struct Got {
    std::size_t mapped = 0;    ///< Size: addresses that may be used
    std::size_t resident = 0;  ///< Rss, and hugetlb pages, which Rss leaves out
    std::size_t huge = 0;      ///< of the resident: mapped by huge pages
    bool locked = false;       ///< VmFlags has "lo": mlock() holds for it
};

/// Finds a mapping in smaps, by the address at which it begins.
/// @param smaps  as /proc/self/smaps reads
/// @throws Failure if there is no mapping that begins at `address`
Got find_in_smaps(std::istream& smaps, const void* address);

/// Returns what the kernel has given to a mapping of this process.
Got got(const Mapping& mapping);

/// Returns how many bytes the page tables of this process take: VmPTE (man 5 proc_pid_status).
std::size_t page_table_bytes();

}  // namespace page_cost
