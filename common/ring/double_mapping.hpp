// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// An object that is mapped twice in a row, so that what runs over its end goes on at its
/// beginning; lesson 05.
#pragma once

#include "ring_error.hpp"

#include <sys/mman.h>  // mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // sysconf

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace shm {

/// A mapping of an object in which its bytes come twice in a row: byte `i` and byte `size() + i`
/// are the same memory. Unmapped by its destructor; the object stays, and its descriptor may be
/// closed. (On a processor whose caches tell addresses of the same memory apart, as some 32-bit
/// Arm, the kernel refuses sizes that would not do: EINVAL.)
class DoubleMapping {
public:
    /// Maps the whole object for reading and writing: its first `once_bytes` once, and all that
    /// follows twice in a row.
    /// @param fd          of shm_open, of memfd_create or of a file, open for reading and writing;
    ///                    not of huge pages. The object keeps its size as long as it is mapped
    /// @param once_bytes  whole pages
    /// @throws RingError if the object is no such one, or its size is no whole number of pages
    /// @throws std::system_error if the kernel refuses to map it
    explicit DoubleMapping(int fd, std::size_t once_bytes = 0)
        : once_bytes_(once_bytes), size_(object_size(fd, once_bytes) - once_bytes) {
        // Addresses in a row that nothing else gets. They have no memory yet.
        void* const space = mmap(nullptr, once_bytes_ + 2 * size_, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (space == MAP_FAILED) refuse();
        start_ = static_cast<std::byte*>(space);
        // MAP_FIXED: at this address and no other, in place of what lies there: our own addresses.
        const int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_FIXED;
        const bool is_mapped =
            mmap(start_, once_bytes_ + size_, protection, flags, fd, 0) != MAP_FAILED &&
            mmap(data() + size_, size_, protection, flags, fd, static_cast<off_t>(once_bytes_)) !=
                MAP_FAILED;
        if (!is_mapped) {
            const int error = errno;
            munmap(start_, once_bytes_ + 2 * size_);
            errno = error;
            refuse();
        }
    }
    DoubleMapping(const DoubleMapping&) = delete;
    DoubleMapping& operator=(const DoubleMapping&) = delete;
    ~DoubleMapping() { munmap(start_, once_bytes_ + 2 * size_); }

    /// Returns the first byte of what is mapped once; data() follows it.
    [[nodiscard]] std::byte* once() const { return start_; }
    /// Returns how many bytes are mapped once.
    [[nodiscard]] std::size_t once_bytes() const { return once_bytes_; }
    /// Returns the first byte of what is mapped twice: 2 * size() bytes can be read and written.
    [[nodiscard]] std::byte* data() const { return start_ + once_bytes_; }
    /// Returns how many bytes are mapped twice.
    [[nodiscard]] std::size_t size() const { return size_; }

    /// Returns the kernel's page size, in bytes: addresses and offsets of mappings are multiples.
    [[nodiscard]] static std::size_t page() {
        return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }

private:
    static std::size_t object_size(int fd, std::size_t once_bytes) {
        struct stat object = {};
        if (fstat(fd, &object) == -1) refuse();
        const auto bytes = static_cast<std::uint64_t>(object.st_size);
        // A quarter: all of it twice is still a number of the type.
        if (bytes <= once_bytes || bytes > SIZE_MAX / 4 || bytes % page() != 0 ||
            once_bytes % page() != 0) {
            ring::fail("needs an object of whole pages of ",
                       std::to_string(page()) + " bytes, and more than " +
                           std::to_string(once_bytes) + "; this one has " + std::to_string(bytes));
        }
        return static_cast<std::size_t>(bytes);
    }
    [[noreturn]] static void refuse() {
        throw std::system_error(errno, std::generic_category(), "cannot map the object twice");
    }

    std::size_t once_bytes_;
    std::size_t size_;
    std::byte* start_ = nullptr;
};

}  // namespace shm
