/// @file
/// Lesson 05, ladder, step 2: no lock, and `volatile` in its place, as in the article. The only
/// step that is not correct C++: two threads that touch an object, one of them writing, without
/// atomics, are a data race, whose behaviour is undefined ([intro.races]). It works here by luck:
/// the compiler keeps volatile accesses in order among themselves, and an x86 processor keeps
/// stores in order. An Arm processor does not. broken/volatile_ring shows what ThreadSanitizer
/// says of it.
#pragma once

#include "step.hpp"

namespace ladder {

/// Each index has one writer, so no process has to lock.
struct VolatileRing {
    //! [volatile push]
    volatile std::uint64_t pushed = 0;
    volatile std::uint64_t popped = 0;
    alignas(line) volatile std::uint32_t slots[capacity];

    bool try_push(std::uint32_t message) {
        const std::uint64_t mine = pushed;
        if (mine - popped == capacity) return false;
        slots[mine % capacity] = message;
        pushed = mine + 1;  // nothing says that the message is to be seen before this
        return true;
    }
    //! [volatile push]

    bool try_pop(std::uint32_t& message) {
        const std::uint64_t mine = popped;
        if (mine == pushed) return false;
        message = slots[mine % capacity];
        popped = mine + 1;
        return true;
    }
};

}  // namespace ladder
