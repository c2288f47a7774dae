/// @file
/// Exercise 01.1: what lies in the object that `counter` creates.
#pragma once

#include <atomic>
#include <cstdint>

struct Count {
    std::atomic<std::uint32_t> whole;  // 1 once the rest may be read, before that 0
    std::atomic<std::uint32_t> ended;  // 1 once the counter counts no further
    std::atomic<std::uint64_t> count;  // the number
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
