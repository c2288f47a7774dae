/// @file
/// Lesson 05, ladder, step 7: the consumer gives back a sixteenth of the ring at a time. Its index
/// changes seldom, so its line stays where it is; the producer sees room a little later.
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// try_push() is that of step 5, word for word.
struct SeldomRing {
    alignas(2 * line) std::atomic<std::uint64_t> pushed = 0;
    std::uint64_t popped_seen = 0;  ///< the producer's
    //! [seldom index]
    alignas(2 * line) std::atomic<std::uint64_t> popped = 0;  // given back
    std::uint64_t pushed_seen = 0;
    std::uint64_t taken = 0;  // read, and not all of it given back
    //! [seldom index]
    alignas(2 * line) std::uint32_t slots[capacity];

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

    //! [seldom pop]
    bool try_pop(std::uint32_t& message) {
        if (taken == pushed_seen) {
            pushed_seen = pushed.load(std::memory_order_acquire);  // acquire: the message is there
            if (taken == pushed_seen) return false;
        }
        message = slots[taken % capacity];
        taken = taken + 1;
        if (taken % (capacity / 16) == 0) {
            popped.store(taken, std::memory_order_release);  // release: we have read them
        }
        return true;
    }
    //! [seldom pop]
};

}  // namespace ladder
