/// @file
/// Exercise 04.2: the object that its members share, and where their entries lie.
#pragma once

#include <fcntl.h>     // fcntl, struct flock
#include <sys/mman.h>  // shm_open, mmap
#include <unistd.h>

#include <atomic>
#include <cstdint>

struct Shared {
    std::atomic<std::uint32_t> count;  // how many members there are, as far as they have said so
};

constexpr off_t object_size = 4096;
constexpr off_t first_entry = 4096;  // entry K is byte first_entry + K, behind the object's end
constexpr off_t entries = 64;

// A write lock on `many` entries from `first` on, as fcntl takes it (man 2 fcntl).
inline struct flock lock_on(off_t first, off_t many) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = first_entry + first;
    lock.l_len = many;
    return lock;
}
