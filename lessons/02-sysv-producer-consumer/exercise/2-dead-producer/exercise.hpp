/// @file
/// Exercise 02.2: what lies in the segment that `producer` creates.
#pragma once

#include <atomic>
#include <cstdint>

struct Slot {
    std::atomic<std::uint32_t> messages;  // how many messages there will be; 0: it is not ready yet
    std::atomic<std::uint32_t> sent;   // the number of the last message that was sent; 0: none yet
    std::atomic<std::uint32_t> taken;  // the number of the last message that was taken; 0: none
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
