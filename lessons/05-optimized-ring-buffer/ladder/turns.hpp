/// @file
/// Lesson 05, ladder: things to measure, in turn.
#pragma once

#include "../ring_bench/task.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ladder {

/// Something that is measured, and what came out.
struct Row {
    std::string name;
    std::string reason;  ///< why it is faster, or slower, than the one before
    /// Runs it once.
    /// @returns how many messages (or whatever it does) a second
    std::function<double(const ring_bench::Task&)> run;
    ring_bench::Task task = {};
    std::vector<double> values = {};  ///< a round each
};

/// How long it may take.
struct Plan {
    std::uint64_t rounds = 0;
    std::uint64_t messages = 0;  ///< in each run; 0: as many as fit into run_seconds
    double run_seconds = 0;
    ring_bench::Task task;  ///< what all rows have in common
};

/// Finds out how many messages fill a run of each row; then runs all of them, round after round,
/// there and back again, and adds a value to each row in each. Machines change their mood from
/// second to second: only what was measured next to each other can be compared.
/// @throws Stopped when a signal asks for it; what was measured by then is in `rows`
void measure_in_turn(const Plan& plan, std::vector<Row>& rows);

}  // namespace ladder
