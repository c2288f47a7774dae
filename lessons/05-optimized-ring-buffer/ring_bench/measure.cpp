/// @file
/// Lesson 05, ring_bench: who runs when, how long, and with which pause.

#include "cells.hpp"

#include "common/measure/clock.hpp"
#include "common/measure/pause.hpp"
#include "common/measure/progress.hpp"
#include "common/measure/statistics.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace ring_bench {

namespace {

double run(const Cell& cell, const Entry& entry, const Task& task) {
    try {
        return cell.kind == Kind::stream ? entry.ring.stream(task) : entry.ring.round_trip(task);
    } catch (const shm::Failure& failure) {
        throw shm::Failure(fmt::format("{}, {}: {}", entry.ring.name, entry.api, failure.what()));
    }
}

/// Returns the seconds of a message: the smaller, the better, whatever was measured.
double seconds_of(const Cell& cell, const Entry& entry, double value) {
    if (cell.kind == Kind::round_trip) return value * 1e-9;
    return (entry.ring.name == "bulk" ? static_cast<double>(cell.bytes) : 1) / value;  // in bytes
}

/// Sets how many messages a run has, so that it takes about so long.
void set_messages(const Cell& cell, Task& task, double seconds, double seconds_each) {
    const auto count = static_cast<std::uint64_t>(seconds / seconds_each);
    // At least once around the ring: the first round finds its lines in neither cache.
    const std::uint64_t around = cell.kind == Kind::stream ? 2 * cell.capacity : 100;
    task.warm_up = std::max(count / 8, around);
    task.messages =
        std::min<std::uint64_t>(task.warm_up + std::max<std::uint64_t>(count, 1000), 4'000'000'000);
}

/// Returns what a message roughly takes, before anything was measured.
double guess(const Cell& cell) {
    return cell.kind == Kind::round_trip ? 300e-9
                                         : 3e-9 + static_cast<double>(cell.bytes) * 0.15e-9;
}

/// Returns the pauses that are tried, in nanoseconds. A short one lets a side see sooner what its
/// peer did, a longer one leaves the peer its lines. In a stream a side may even let the peer get
/// many messages ahead, so that it takes no line that is still written to.
std::vector<double> pauses_tried(Kind kind) {
    if (kind == Kind::round_trip) return {0, 20, 60};
    return {0, 20, 60, 250, 1000, 2500, 6000};
}

/// Finds out how long a message takes, and the pause that is best for this ring here.
/// @param task  what does not depend on that
Tuned try_out(const Plan& plan, const Cell& cell, const Entry& entry, const Task& task) {
    Tuned tuned = {.task = task};
    const auto seconds_now = [&] { return seconds_of(cell, entry, run(cell, entry, tuned.task)); };
    set_messages(cell, tuned.task, plan.trial_seconds / 2, guess(cell));
    set_messages(cell, tuned.task, plan.trial_seconds, seconds_now());
    const std::vector<double> pauses = pauses_tried(cell.kind);
    std::vector<std::vector<double>> seconds(pauses.size());
    // In turn: what disturbs the machine for a while disturbs all of them.
    for (std::uint64_t tries = 0; tries < plan.trials; ++tries) {
        for (std::size_t i = 0; i < pauses.size(); ++i) {
            tuned.task.pauses = measure::pauses_for(pauses[i]);
            seconds[i].push_back(seconds_now());
        }
    }
    for (std::size_t i = 0; i < pauses.size(); ++i) {
        const double median = measure::summary(seconds[i]).median;
        if (i != 0 && median >= tuned.best_seconds) continue;
        tuned.best_seconds = median;
        tuned.task.pauses = measure::pauses_for(pauses[i]);
    }
    set_messages(cell, tuned.task, plan.run_seconds, tuned.best_seconds);
    return tuned;
}

/// Returns the steady cell with the same messages and capacity; null where there is none.
Cell* steady(std::vector<Cell>& cells, const Cell& like) {
    if (like.kind != Kind::stream || like.what == Case::steady) return nullptr;
    const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
        return cell.kind == Kind::stream && cell.what == Case::steady && cell.bytes == like.bytes &&
               cell.capacity == like.capacity;
    });
    return found == cells.end() ? nullptr : &*found;
}

/// Returns the seconds that the fastest ring takes for a message while the processors are so far
/// apart; 0 where none was tried.
double fastest(const Cell& cell, Distance where) {
    double fastest = 0;
    for (const Entry& entry : cell.entries) {
        if (entry.api != "single" || is_limit(entry.ring)) continue;
        const double seconds = entry.tuned.at(where).best_seconds;
        if (fastest == 0 || seconds < fastest) fastest = seconds;
    }
    return fastest;
}

/// Returns how many steps of work a side does at a time.
std::uint32_t steps(const Cell& cell, const Task& task, double seconds) {
    if (cell.what == Case::steady) return 0;
    if (cell.what == Case::bursts) seconds *= static_cast<double>(task.burst);
    return static_cast<std::uint32_t>(std::ceil(seconds * 1e9 / measure::ns_per_step()));
}

/// Returns what the line that says how far we are calls a cell.
std::string text_of(const Cell& cell) {
    return fmt::format("{}, {} bytes x {}", cell.kind == Kind::stream ? "stream" : "round trip",
                       cell.bytes, cell.capacity);
}

/// Returns how many rings there are in all cells.
std::size_t entries_of(const std::vector<Cell>& cells) {
    std::size_t count = 0;
    for (const Cell& cell : cells) count += cell.entries.size();
    return count;
}

/// Returns what a cache line takes there and back at this moment.
double line_ns(const Plan& plan) {
    Task task;
    task.cpus = plan.cpus;
    task.warm_up = 50;
    task.messages = 550;
    return line_limit().round_trip(task);
}

/// Returns how a ring is run that is not timed, but given its messages.
Tuned as_asked(const Plan& plan, const Cell& cell, const Task& task) {
    Tuned tuned = {.task = task};
    tuned.task.work = steps(cell, task, 2e-9);
    tuned.task.messages = plan.messages;
    tuned.task.warm_up = plan.messages / 8;
    tuned.task.pauses = measure::pauses_for(20);
    return tuned;
}

/// Finds out how the cell's rings are run while the processors are so far apart, if that is not
/// known yet.
/// @param like  the steady cell with the same messages and capacity, tuned already; else null
void tune(const Plan& plan, Distance where, Cell& cell, const Cell* like) {
    for (Entry& entry : cell.entries) {
        if (entry.tuned.count(where) != 0) continue;
        if (plan.messages != 0) {
            entry.tuned[where] = as_asked(plan, cell, entry.task);
            continue;
        }
        Task task = entry.task;
        if (like != nullptr) task.work = steps(cell, task, fastest(*like, where));
        // The pause is found anew for each case: with that of a stream, bursts were up to three
        // times as slow as with their own.
        entry.tuned[where] = try_out(plan, cell, entry, task);
    }
}

bool is_tuned(const Cell& cell, Distance where) {
    return cell.entries.front().tuned.count(where) != 0;
}

void forget(Cell& cell, Distance where) {
    for (Entry& entry : cell.entries) entry.tuned.erase(where);
}

/// Returns how far apart the processors are now, and has the cell tuned for that.
/// @param line  what a cache line took a moment ago; on return, what it takes now
Distance settle(const Plan& plan, std::vector<Cell>& cells, Cell& cell, double& line) {
    Cell* like = steady(cells, cell);
    for (int tries = 0;; ++tries) {
        const Distance where = distance({line, line});
        if (is_tuned(cell, where)) return where;
        if (like != nullptr) tune(plan, where, *like, nullptr);
        tune(plan, where, cell, like);
        line = line_ns(plan);
        if (distance({line, line}) == where || tries >= 4) continue;
        forget(cell, where);  // they have moved in between: what was found is of neither
        if (like != nullptr) forget(*like, where);
    }
}

/// Tries all out, so that the rounds need not.
void prepare(const Plan& plan, std::vector<Cell>& cells, measure::Progress& progress) {
    double line = line_ns(plan);
    for (Cell& cell : cells) {
        progress.step("trials: " + text_of(cell));
        settle(plan, cells, cell, line);
    }
}

}  // namespace

void measure_cells(const Plan& plan, std::vector<Cell>& cells) {
    const auto start = measure::Clock::now();
    measure::Progress progress(cells.size() + entries_of(cells) * plan.rounds);
    prepare(plan, cells, progress);
    for (std::uint64_t round = 0; round < plan.rounds; ++round) {
        const double begun = measure::seconds_since(start);
        double line = line_ns(plan);
        for (Cell& cell : cells) {
            const Distance where = settle(plan, cells, cell, line);
            const std::size_t count = cell.entries.size();
            for (std::size_t i = 0; i < count; ++i) {
                // Who begins changes, and so does the direction.
                const std::size_t turn = round % 2 == 0 ? i : count - 1 - i;
                Entry& entry = cell.entries[(turn + round / 2) % count];
                progress.step(
                    fmt::format("round {} of {}: {}", round + 1, plan.rounds, text_of(cell)));
                entry.values.push_back(run(cell, entry, entry.tuned.at(where).task));
            }
            cell.lines.push_back({.before = line, .after = line_ns(plan)});
            line = cell.lines.back().after;
        }
        const bool is_late = 2 * measure::seconds_since(start) - begun > plan.seconds;
        if (plan.seconds != 0 && round >= 1 && is_late) break;
    }
}

}  // namespace ring_bench
