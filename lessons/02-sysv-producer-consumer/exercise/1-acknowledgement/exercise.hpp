/// @file
/// Exercise 02.1: what lies in the segment that `producer` creates.
#pragma once

#include <atomic>
#include <cstddef>  // offsetof
#include <cstdint>

struct Slot {
    std::atomic<std::uint32_t> messages;  // how many there will be; 0: it is not ready yet
    std::atomic<std::uint32_t> sent;      // the number of the message that lies in the slot, from 1
    std::atomic<std::uint32_t> taken;     // the number of the last message that was taken
    char text[32];                        // a zero byte ends it, unless it has 32 bytes
    char own[20];                         // the producer's own
};

// What task.md says of the layout.
static_assert(offsetof(Slot, messages) == 0 && offsetof(Slot, sent) == 4);
static_assert(offsetof(Slot, taken) == 8 && offsetof(Slot, text) == 12);
static_assert(offsetof(Slot, own) == 44 && sizeof(Slot) == 64);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
