/// @file
/// Lesson 05, ring_bench: what waiting in the kernel costs, and what it saves.
#pragma once

#include "cells.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace ring_bench {

/// What was measured of the calls that wait. Round trips of 8 bytes, in nanoseconds, a round each.
struct Waiting {
    std::vector<double> spinning;     ///< try_push() and try_pop() again and again, a core each
    std::vector<double> blocking;     ///< push() and pop(), a core each
    std::vector<double> on_one_core;  ///< push() and pop(), both sides on one CPU
    std::vector<double> pipe;         ///< write() and read(), both sides on one CPU
    double idle_seconds = 0;          ///< so long was waited for nothing,
    double idle_cpu_seconds = 0;      ///< and so much processor time did that take
    long idle_switches = 0;           ///< and so often did the waiter sleep
    /// Whether a producer whose consumer does not sleep came through the messages without a system
    /// call; none where that could not be tried.
    std::optional<bool> without_calls;
    std::uint64_t messages_without_calls = 0;
};

/// Returns a round trip of 8 bytes through two pipes, in nanoseconds.
double pipe_round_trip(const Task& task);

/// Measures it all. Fills what it measures as it goes, so that after a Ctrl-C something is there.
void measure_waiting(const Plan& plan, Waiting& waiting);

/// Says it as a table, with the targets.
void say_waiting(const Waiting& waiting);

}  // namespace ring_bench
