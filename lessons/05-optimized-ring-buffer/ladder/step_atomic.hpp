/// @file
/// Lesson 05, ladder, step 3: atomics, side by side. Correct; but both indices lie on one cache
/// line, which each side takes away from the other whenever it writes its own (false sharing).
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// On x86 the same loads and stores as `volatile`. What is new is a promise that holds everywhere.
/// @tparam apart  bytes from one index to the other
template <std::size_t apart>
struct IndexRing {
    //! [atomic push]
    alignas(apart) std::atomic<std::uint64_t> pushed = 0;
    alignas(apart) std::atomic<std::uint64_t> popped = 0;
    alignas(line) std::uint32_t slots[capacity];

    bool try_push(std::uint32_t message) {
        // relaxed: only we write it
        const std::uint64_t mine = pushed.load(std::memory_order_relaxed);
        // acquire: the consumer has read what we overwrite
        if (mine - popped.load(std::memory_order_acquire) == capacity) return false;
        slots[mine % capacity] = message;
        pushed.store(mine + 1, std::memory_order_release);  // release: the message is there
        return true;
    }
    //! [atomic push]

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

using AtomicRing = IndexRing<sizeof(std::uint64_t)>;

}  // namespace ladder
