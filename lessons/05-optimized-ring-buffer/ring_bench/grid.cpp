/// @file
/// Lesson 05, ring_bench: who takes part in what.

#include "cells.hpp"

#include <algorithm>

namespace ring_bench {

namespace {

/// Adds a ring to a cell, if the plan wants it and it was there at build time.
void add(const Plan& plan, Cell& cell, const Contestant& ring, const std::string& api = "single") {
    const bool beside_ours = plan.only == "ours" && is_limit(ring);
    if (!plan.only.empty() && plan.only != ring.name && !beside_ours) return;
    if (cell.kind == Kind::stream ? ring.stream == nullptr : ring.round_trip == nullptr) return;
    Task task;
    task.bytes = cell.bytes;
    task.capacity = cell.capacity;
    task.what = cell.what;
    task.span = api == "span64" ? 64 : api == "span256" ? 256 : 0;
    task.cpus = plan.cpus;
    cell.entries.push_back({.ring = ring, .api = api, .task = task, .tuned = {}, .values = {}});
}

std::vector<Contestant> all_rings() {
    return {ours(), boost_lockfree(), atomic_queue_spsc(), ours_in_threads(), moodycamel_queue()};
}

/// Returns a cell with everybody who does one message a call.
Cell cell_of_all(const Plan& plan, Kind kind, std::size_t bytes, std::size_t capacity, Case what) {
    Cell cell{.kind = kind,
              .bytes = bytes,
              .capacity = capacity,
              .what = what,
              .entries = {},
              .lines = {}};
    for (const Contestant& ring : all_rings()) add(plan, cell, ring);
    return cell;
}

}  // namespace

std::vector<Cell> grid(const Plan& plan) {
    std::vector<Cell> cells;
    const auto wanted = [&](std::size_t bytes) { return plan.bytes == 0 || plan.bytes == bytes; };
    // steady first: how fast a ring is there says how long the others' work and rests are
    for (const Case what : {Case::steady, Case::slow_consumer, Case::bursts}) {
        for (const std::size_t bytes : sizes) {
            for (const std::size_t capacity : capacities) {
                if (!wanted(bytes)) continue;
                Cell cell = cell_of_all(plan, Kind::stream, bytes, capacity, what);
                if (what == Case::steady) {
                    for (const Contestant& ring : all_rings()) {
                        if (!ring.has_spans) continue;
                        add(plan, cell, ring, "span64");
                        add(plan, cell, ring, "span256");
                    }
                    add(plan, cell, bulk_limit());
                    if (bytes == 4) add(plan, cell, alone_limit());
                }
                cells.push_back(std::move(cell));
            }
        }
    }
    for (const std::size_t bytes : sizes) {
        if (!wanted(bytes)) continue;
        Cell cell = cell_of_all(plan, Kind::round_trip, bytes, capacities[0], Case::steady);
        add(plan, cell, line_limit());
        cells.push_back(std::move(cell));
    }
    std::erase_if(cells, [](const Cell& cell) { return cell.entries.empty(); });
    return cells;
}

}  // namespace ring_bench
