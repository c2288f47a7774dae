/// @file
/// Exercise 01.1: what lies in the object that `counter` creates.
#pragma once

#include <atomic>
#include <cstddef>  // offsetof
#include <cstdint>

struct Count {
    std::atomic<std::uint32_t> whole;  // 1 once the rest may be read
    std::atomic<std::uint32_t> ended;  // 1 once the counter counts no further
    std::atomic<std::uint64_t> count;
};

// What task.md says of the layout.
static_assert(offsetof(Count, whole) == 0 && offsetof(Count, ended) == 4);
static_assert(offsetof(Count, count) == 8 && sizeof(Count) == 16);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
