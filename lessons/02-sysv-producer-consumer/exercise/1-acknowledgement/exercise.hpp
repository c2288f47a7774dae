/// @file
/// Exercise 02.1: what lies in the segment that `producer` creates.
#pragma once

#include <atomic>
#include <cstdint>

struct Slot {
    std::atomic<std::uint32_t> messages;  // how many messages there will be; 0: it is not ready yet
    std::atomic<std::uint32_t> sent;   // the number of the message in the slot, from 1; 0: none yet
    std::atomic<std::uint32_t> taken;  // the number of the last message that was taken; 0: none
    char text[32];                     // the text; a zero byte ends it, unless it has 32 bytes
    char own[20];                      // the producer's own
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
