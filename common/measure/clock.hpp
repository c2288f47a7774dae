/// @file
/// The clock that measurements are taken with.
#pragma once

#include <chrono>

namespace measure {

/// Never set back (man 2 clock_gettime, CLOCK_MONOTONIC), and the same in all processes.
using Clock = std::chrono::steady_clock;

/// Returns the seconds since `start`.
inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace measure
