/// @file
/// Lesson 05, ladder, step 4: a cache line for each index. A side that writes its own no longer
/// takes the other's away; but each still reads the other's at every call.
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// The calls are those of step 3, word for word.
struct PaddedRing {
    //! [padded indices]
    alignas(line) std::atomic<std::uint64_t> pushed = 0;
    alignas(line) std::atomic<std::uint64_t> popped = 0;
    alignas(line) std::uint32_t slots[capacity];
    //! [padded indices]

    bool try_push(std::uint32_t message) {
        // relaxed: only we write it
        const std::uint64_t mine = pushed.load(std::memory_order_relaxed);
        // acquire: the consumer has read what we overwrite
        if (mine - popped.load(std::memory_order_acquire) == capacity) return false;
        slots[mine % capacity] = message;
        pushed.store(mine + 1, std::memory_order_release);  // release: the message is there
        return true;
    }

    bool try_pop(std::uint32_t& message) {
        // relaxed: only we write it
        const std::uint64_t mine = popped.load(std::memory_order_relaxed);
        // acquire: the message is there
        if (mine == pushed.load(std::memory_order_acquire)) return false;
        message = slots[mine % capacity];
        popped.store(mine + 1, std::memory_order_release);  // release: we have read it
        return true;
    }
};

}  // namespace ladder
