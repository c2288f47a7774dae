/// @file
/// Lesson 04, page_cost: shared memory of the kinds that the lesson compares, mapped so that huge
/// pages are possible.
#pragma once

#include "common/program/descriptor.hpp"

#include <cstddef>
#include <cstdint>

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

    /// Returns the descriptor, for mmap().
    int fd() const noexcept { return fd_.get(); }

private:
    shm::Descriptor fd_;
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

}  // namespace page_cost
