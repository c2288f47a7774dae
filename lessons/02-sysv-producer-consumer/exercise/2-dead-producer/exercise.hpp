/// @file
/// Exercise 02.2: what lies in the segment that `producer` creates.
#pragma once

#include <atomic>
#include <cstddef>  // offsetof
#include <cstdint>

struct Slot {
    std::atomic<std::uint32_t> messages;  // how many there will be; 0: it is not ready yet
    std::atomic<std::uint32_t> sent;   // the number of the last message that was sent; 0: none yet
    std::atomic<std::uint32_t> taken;  // the number of the last message that was taken
};

// What task.md says of the layout.
static_assert(offsetof(Slot, messages) == 0 && offsetof(Slot, sent) == 4);
static_assert(offsetof(Slot, taken) == 8 && sizeof(Slot) == 12);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
