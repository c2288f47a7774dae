/// @file
/// Lesson 05, ring_bench: who runs when, how long, and with which pause.

#include "cells.hpp"
#include "pause.hpp"
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ring_bench {

namespace {

double run(const Cell& cell, const Entry& entry) {
    return cell.kind == Kind::stream ? entry.ring.stream(entry.task)
                                     : entry.ring.round_trip(entry.task);
}

/// Returns the seconds of a message: the smaller, the better, whatever was measured.
double seconds_of(const Cell& cell, const Entry& entry, double value) {
    if (cell.kind == Kind::round_trip) return value * 1e-9;
    return (entry.ring.name == "bulk" ? static_cast<double>(cell.bytes) : 1) / value;
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

/// Tries the pauses and keeps the best. A short one lets the peer do more between two looks, a
/// long one lets it wait: which is better depends on the ring, the message and the machine.
void choose_pause(const Plan& plan, const Cell& cell, Entry& entry) {
    double best = 0;
    Task chosen = entry.task;
    set_messages(cell, entry.task, plan.trial_seconds / 4, guess(cell));
    const double rough = seconds_of(cell, entry, run(cell, entry));
    set_messages(cell, entry.task, plan.trial_seconds, rough);
    for (const double ns : {0.0, 20.0, 60.0, 20.0, 0.0, 60.0}) {
        entry.task.pauses = pauses_for(ns);
        const double seconds = seconds_of(cell, entry, run(cell, entry));
        if (best != 0 && seconds >= best) continue;
        best = seconds;
        chosen = entry.task;
    }
    entry.task = chosen;
    set_messages(cell, entry.task, plan.run_seconds, best);
    entry.best_seconds = best;
}

/// Returns the seconds that the fastest ring takes for a message in the steady cell like this one.
double fastest_steady(const std::vector<Cell>& cells, const Cell& like) {
    double fastest = 0;
    for (const Cell& cell : cells) {
        if (cell.kind != Kind::stream || cell.what != Case::steady || cell.bytes != like.bytes ||
            cell.capacity != like.capacity) {
            continue;
        }
        for (const Entry& entry : cell.entries) {
            if (entry.api != "single" || entry.ring.name == "bulk" || entry.ring.name == "alone") {
                continue;
            }
            if (fastest == 0 || entry.best_seconds < fastest) fastest = entry.best_seconds;
        }
    }
    return fastest;
}

/// Sets everything about the runs that does not change from round to round.
void prepare(const Plan& plan, std::vector<Cell>& cells, Progress& progress) {
    for (Cell& cell : cells) {
        const double each = plan.messages != 0 ? 2e-9 : fastest_steady(cells, cell);
        for (Entry& entry : cell.entries) {
            progress.step("trials", cell);
            Task& task = entry.task;
            const double work = cell.what == Case::slow_consumer ? each
                                : cell.what == Case::bursts ? each * static_cast<double>(task.burst)
                                                            : 0;
            task.work = static_cast<std::uint32_t>(std::ceil(work * 1e9 / ns_per_step()));
            if (plan.messages == 0) {
                choose_pause(plan, cell, entry);
            } else {
                task.messages = plan.messages;
                task.warm_up = plan.messages / 8;
                task.pauses = pauses_for(20);
            }
            entry.pause_ns = task.pauses * ns_per_pause();
        }
    }
}

}  // namespace

void measure(const Plan& plan, std::vector<Cell>& cells) {
    Progress progress(cells, plan.rounds + 1);
    prepare(plan, cells, progress);
    for (std::uint64_t round = 0; round < plan.rounds; ++round) {
        for (Cell& cell : cells) {
            const std::size_t count = cell.entries.size();
            for (std::size_t i = 0; i < count; ++i) {
                // Who begins changes, and so does the direction.
                const std::size_t turn = (round % 2 == 0 ? i : count - 1 - i);
                Entry& entry = cell.entries[(turn + round / 2) % count];
                progress.step(fmt::format("round {} of {}", round + 1, plan.rounds), cell);
                entry.values.push_back(run(cell, entry));
            }
        }
    }
}

}  // namespace ring_bench
