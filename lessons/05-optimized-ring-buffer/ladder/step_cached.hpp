/// @file
/// Lesson 05, ladder, step 5: each side keeps a copy of the other's index, and looks at the index
/// itself only when the copy says full, or empty (Lee, Bu and Chandranmenon, MCRingBuffer, 2010).
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// The copy may be too old. That hides room, or messages; it never invents any.
/// @tparam apart  bytes from what one side writes to what the other side writes
template <std::size_t apart>
struct CachedRing {
    //! [cached push]
    alignas(apart) std::atomic<std::uint64_t> pushed = 0;
    std::uint64_t popped_seen = 0;  // the producer's copy, on its own line
    alignas(apart) std::atomic<std::uint64_t> popped = 0;
    std::uint64_t pushed_seen = 0;  // the consumer's
    alignas(apart) std::uint32_t slots[capacity];

    bool try_push(std::uint32_t message) {
        // relaxed: only we write it
        const std::uint64_t mine = pushed.load(std::memory_order_relaxed);
        if (mine - popped_seen == capacity) {
            // acquire: the consumer has read what we overwrite
            popped_seen = popped.load(std::memory_order_acquire);
            if (mine - popped_seen == capacity) return false;
        }
        slots[mine % capacity] = message;
        pushed.store(mine + 1, std::memory_order_release);  // release: the message is there
        return true;
    }
    //! [cached push]

    bool try_pop(std::uint32_t& message) {
        // relaxed: only we write it
        const std::uint64_t mine = popped.load(std::memory_order_relaxed);
        if (mine == pushed_seen) {
            pushed_seen = pushed.load(std::memory_order_acquire);  // acquire: the message is there
            if (mine == pushed_seen) return false;
        }
        message = slots[mine % capacity];
        popped.store(mine + 1, std::memory_order_release);  // release: we have read it
        return true;
    }
};

}  // namespace ladder
