/// @file
/// What a side does after a look in vain, and between messages. Used by lesson 05.
#pragma once

#include "pair.hpp"

#include <sched.h>  // sched_yield

#include <cstdint>

namespace measure {

/// Does nothing for a moment, in which the peer keeps its cache line.
[[gnu::always_inline]] inline void pause_once() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#else
    asm volatile("");
#endif
}

/// Waits between two looks at a ring. The same for each of them; keep it a local variable.
class Waiter {
public:
    /// @param pauses  so many pause instructions follow a look in vain
    /// @param cpus    where both sides run: on one of them, each look in vain is a yield
    Waiter(std::uint32_t pauses, const Cpus& cpus)
        : pauses_(pauses), most_looks_(cpus.are_one() ? 1 : 8192) {}

    /// Called after a look in vain.
    [[gnu::always_inline]] void wait() {
        for (std::uint32_t i = 0; i < pauses_; ++i) pause_once();
        // Where the peer does not run at all, let it: another process may want this core as well.
        if (++looks_ < most_looks_) [[likely]]
            return;
        sched_yield();
        looks_ = 0;
    }

private:
    std::uint32_t pauses_;
    std::uint32_t most_looks_;
    std::uint32_t looks_ = 0;
};

/// Works for some steps, each of which needs the one before; returns something of it.
[[gnu::always_inline]] inline std::uint64_t work(std::uint32_t steps, std::uint64_t value) {
    for (std::uint32_t i = 0; i < steps; ++i) {
        value = value * 5 + 1;
        asm volatile("" : "+r"(value));  // the compiler must not know what comes out
    }
    return value;
}

/// Returns how many nanoseconds a pause instruction takes here: 5 to 50, measured once.
double ns_per_pause();

/// Returns how many nanoseconds a step of work() takes here, measured once.
double ns_per_step();

/// Returns the pauses that come nearest to so many nanoseconds; at least 1, unless `ns` is 0.
std::uint32_t pauses_for(double ns);

}  // namespace measure
