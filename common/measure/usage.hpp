/// @file
/// What the kernel counts of a thread or process that is measured (man 2 getrusage).
#pragma once

#include <cstdint>

namespace measure {

/// What a thread has used.
struct Usage {
    long switches;       ///< how often it slept: voluntary switches
    double cpu_seconds;  ///< processor time
};
/// Returns what this thread has used so far.
Usage usage();

/// Returns how many minor page faults this process has had: those that needed no disk.
std::uint64_t minor_faults();

}  // namespace measure
