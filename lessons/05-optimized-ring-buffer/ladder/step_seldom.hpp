/// @file
/// Lesson 05, ladder, step 7: the consumer gives back a sixteenth of the ring at a time. Its index
/// changes seldom, so its line stays where it is; the producer sees room a little later.
#pragma once

#include "step_apart.hpp"

namespace ladder {

/// Step 6 with another try_pop(): `popped` says what was given back, and no longer what was read.
struct SeldomRing : ApartRing {
    //! [seldom pop]
    alignas(2 * line) std::uint64_t taken = 0;  // read, and not all of it given back

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
