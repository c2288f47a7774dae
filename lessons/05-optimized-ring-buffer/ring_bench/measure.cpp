/// @file
/// Lesson 05, ring_bench: who runs when, how long, and with which pause.

#include "cells.hpp"

#include "common/measure/clock.hpp"
#include "common/measure/pause.hpp"
#include "common/measure/progress.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace ring_bench {

namespace {

double run(const Cell& cell, const Entry& entry) {
    try {
        return cell.kind == Kind::stream ? entry.ring.stream(entry.task)
                                         : entry.ring.round_trip(entry.task);
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
/// some messages ahead, so that it takes no line that is still written to.
/// @param seconds_each  what a message takes, about
std::vector<double> pauses_tried(Kind kind, double seconds_each) {
    std::vector<double> pauses = {0, 20, 60};
    if (kind == Kind::round_trip) return pauses;
    for (const double messages : {8, 32}) pauses.push_back(messages * seconds_each * 1e9);
    return pauses;
}

/// Finds out how long a message takes, and sets the pause that is best for this ring here.
/// @param known  the same ring where its pause is known already; null: find out
void try_out(const Plan& plan, const Cell& cell, Entry& entry, const Entry* known) {
    Task& task = entry.task;
    if (known != nullptr) task.pauses = known->task.pauses;
    set_messages(cell, task, plan.trial_seconds / 2, guess(cell));
    entry.best_seconds = seconds_of(cell, entry, run(cell, entry));
    if (known == nullptr) {
        set_messages(cell, task, plan.trial_seconds, entry.best_seconds);
        const std::vector<double> pauses = pauses_tried(cell.kind, entry.best_seconds);
        std::uint32_t best = 0;
        entry.best_seconds = 0;
        for (const double ns : pauses) {
            task.pauses = measure::pauses_for(ns);
            // The slowest of the tries: a pause with which it is fast now and then is not the best.
            double seconds = 0;
            for (std::uint64_t tries = 0; tries < plan.trials; ++tries) {
                seconds = std::max(seconds, seconds_of(cell, entry, run(cell, entry)));
            }
            if (entry.best_seconds != 0 && seconds >= entry.best_seconds) continue;
            entry.best_seconds = seconds;
            best = task.pauses;
        }
        task.pauses = best;
    }
    set_messages(cell, task, plan.run_seconds, entry.best_seconds);
}

/// Returns the steady cell with the same messages and capacity; null where there is none.
const Cell* steady(const std::vector<Cell>& cells, const Cell& like) {
    const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
        return cell.kind == Kind::stream && cell.what == Case::steady && cell.bytes == like.bytes &&
               cell.capacity == like.capacity;
    });
    return found == cells.end() ? nullptr : &*found;
}

/// Returns the seconds that the fastest ring takes for a message; 0 where none was tried.
double fastest(const Cell& cell) {
    double fastest = 0;
    for (const Entry& entry : cell.entries) {
        if (entry.api != "single" || is_limit(entry.ring)) continue;
        if (fastest == 0 || entry.best_seconds < fastest) fastest = entry.best_seconds;
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

/// Sets how the ring is run while the processors are so far apart: by trials, the first time.
/// @param like  the steady cell with the same messages and capacity, if this is another one
void tune(const Plan& plan, Distance where, const Cell& cell, const Cell* like, Entry& entry) {
    Task& task = entry.task;
    if (plan.messages != 0) {
        task.work = steps(cell, task, 2e-9);
        task.messages = plan.messages;
        task.warm_up = plan.messages / 8;
        task.pauses = measure::pauses_for(20);
        entry.tuned[where] = task;
        return;
    }
    const auto found = entry.tuned.find(where);
    if (found != entry.tuned.end()) {
        task = found->second;
        return;
    }
    if (like != nullptr) task.work = steps(cell, task, fastest(*like));
    try_out(plan, cell, entry, like == nullptr ? nullptr : like->find(entry.ring.name));
    entry.tuned[where] = task;
}

/// Tries all out, so that the rounds need not.
void prepare(const Plan& plan, std::vector<Cell>& cells, measure::Progress& progress) {
    for (Cell& cell : cells) {
        const Cell* like = cell.what == Case::steady ? nullptr : steady(cells, cell);
        const double line = line_ns(plan);
        for (Entry& entry : cell.entries) {
            progress.step("trials: " + text_of(cell));
            tune(plan, distance({line, line}), cell, like, entry);
        }
    }
}

}  // namespace

void measure_cells(const Plan& plan, std::vector<Cell>& cells) {
    const auto start = measure::Clock::now();
    measure::Progress progress(entries_of(cells) * (plan.rounds + 1));
    prepare(plan, cells, progress);
    for (std::uint64_t round = 0; round < plan.rounds; ++round) {
        const double begun = measure::seconds_since(start);
        double line = line_ns(plan);
        for (Cell& cell : cells) {
            const Cell* like = cell.what == Case::steady ? nullptr : steady(cells, cell);
            const Distance where = distance({line, line});
            const bool is_new = cell.entries.front().tuned.count(where) == 0;
            for (Entry& entry : cell.entries) tune(plan, where, cell, like, entry);
            if (is_new) line = line_ns(plan);  // some time has passed
            const std::size_t count = cell.entries.size();
            for (std::size_t i = 0; i < count; ++i) {
                // Who begins changes, and so does the direction.
                const std::size_t turn = round % 2 == 0 ? i : count - 1 - i;
                Entry& entry = cell.entries[(turn + round / 2) % count];
                progress.step(
                    fmt::format("round {} of {}: {}", round + 1, plan.rounds, text_of(cell)));
                entry.values.push_back(run(cell, entry));
            }
            cell.lines.push_back({.before = line, .after = line_ns(plan)});
            line = cell.lines.back().after;
        }
        const bool is_late = 2 * measure::seconds_since(start) - begun > plan.seconds;
        if (plan.seconds != 0 && round >= 1 && is_late) break;
    }
}

}  // namespace ring_bench
