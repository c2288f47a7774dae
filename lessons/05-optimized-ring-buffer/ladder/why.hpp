/// @file
/// Lesson 05, ladder: experiments that show the reasons. Each varies one thing and nothing else.
#pragma once

#include "turns.hpp"

#include "../ring_bench/run.hpp"

#include "common/measure/arena.hpp"
#include "common/measure/clock.hpp"
#include "common/measure/pair.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace ladder {

/// One thing varied.
struct Experiment {
    std::string reason;     ///< what it shows
    std::string what;       ///< what is done; what is varied are the rows
    std::string unit;       ///< what is counted, in millions a second
    std::vector<Row> rows;  ///< each is compared with the first
};

/// Returns how many steps a second `work(from, to)` does on one CPU, while `beside()` runs on the
/// other.
/// @param done  set when the work is; `beside` heeds it
template <typename Work, typename Beside>
double rate_beside(const ring_bench::Task& task, const measure::Arena& arena,
                   std::atomic<bool>& done, const Work& work, const Beside& beside) {
    run_pair(
        task.cpus, measure::Between::processes,
        [&] {
            arena.start();
            work(0, task.warm_up);
            const auto start = measure::Clock::now();
            work(task.warm_up, task.messages);
            arena.report().seconds = measure::seconds_since(start);
            done.store(true, std::memory_order_relaxed);  // relaxed: nothing comes with it
        },
        [&] {
            arena.start();
            beside();
        });
    return static_cast<double>(task.messages - task.warm_up) / arena.report().seconds;
}

std::vector<Experiment> lines_that_change_hands();  ///< indices, and copies of them
std::vector<Experiment> places_in_the_queue();      ///< stores, and copies of messages
std::vector<Experiment> rings_that_differ();        ///< locks, registers, polling

/// Returns all of them, in the order of the steps that they explain.
std::vector<Experiment> experiments();

}  // namespace ladder
