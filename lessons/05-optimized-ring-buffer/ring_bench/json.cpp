#include "json.hpp"

#include "targets.hpp"

#include "common/measure/pause.hpp"
#include "common/measure/record.hpp"
#include "common/measure/statistics.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace ring_bench {

using measure::ratios;
using measure::rounded;
using measure::rounded_list;
using measure::summary;
using measure::Summary;
using nlohmann::ordered_json;

namespace {

const char* text(Case what) {
    return what == Case::steady          ? "steady"
           : what == Case::slow_consumer ? "slow consumer"
                                         : "bursts";
}

/// Returns the cell in which the same rings answer each other; null where there is none.
const Cell* round_trips(const std::vector<Cell>& cells, const Cell& like) {
    for (const Cell& cell : cells) {
        if (cell.kind == Kind::round_trip && cell.bytes == like.bytes &&
            cell.capacity == like.capacity && like.what == Case::steady) {
            return &cell;
        }
    }
    return nullptr;
}

/// Returns how much memory a ring takes for each message; null where that depends on its use.
ordered_json bytes_per_message(const Cell& cell, const Entry& entry) {
    if (entry.ring.memory == nullptr) return nullptr;
    const auto bytes = static_cast<double>(entry.ring.memory(entry.task));
    return rounded(bytes / static_cast<double>(cell.capacity), 6);
}

/// Returns how ours compares with the peers in the rounds in which the processors were so far
/// apart; null where there was none.
ordered_json comparison(const Cell& cell, const Entry& entry, Distance where) {
    const Comparison peers = against_peers(cell, entry.api, where);
    if (peers.rounds == 0) return nullptr;
    return {{"rounds", peers.rounds},
            {"fastest_peer", peers.peer},
            {"ratio", rounded(peers.ratio.median, 4)},
            {"least_ratio", rounded(peers.ratio.least, 4)},
            {"most_ratio", rounded(peers.ratio.most, 4)}};
}

/// Adds how ours compares with the peers of its cell; nothing where it is not ours, or alone.
void add_comparison(ordered_json& made, const Cell& cell, const Entry& entry) {
    if (entry.ring.name != "ours") return;
    const Comparison peers = against_peers(cell, entry.api);
    if (peers.peer.empty()) return;
    made["fastest_peer"] = peers.peer;
    made["ratio"] = rounded(peers.ratio.median, 4);
    made["least_ratio"] = rounded(peers.ratio.least, 4);
    made["most_ratio"] = rounded(peers.ratio.most, 4);
    made["near"] = comparison(cell, entry, Distance::near);
    made["far"] = comparison(cell, entry, Distance::far);
}

/// Returns the median of a figure's rounds; null where it was not measured.
ordered_json median_or_null(const Summary& figure) {
    if (figure.median == 0) return nullptr;
    return rounded(figure.median, 6);
}

/// Returns about how long the ring pauses while the processors are so far apart; null where it was
/// not run so.
ordered_json pause_ns(const Entry& entry, Distance where) {
    const auto found = entry.tuned.find(where);
    if (found == entry.tuned.end()) return nullptr;
    return std::lround(found->second.task.pauses * measure::ns_per_pause());
}

/// Returns what a cache line took before and after each round.
ordered_json lines(const Cell& cell) {
    auto made = ordered_json::array();
    for (const Line& line : cell.lines) made.push_back(rounded_list({line.before, line.after}, 4));
    return made;
}

/// Adds what the ring's round trip takes; null where it has none in `answers`.
void add_round_trip(ordered_json& made, const Entry& entry, const Cell* answers) {
    const Entry* trip = answers == nullptr ? nullptr : answers->find(entry.ring.name, entry.api);
    made["round_trip_ns"] = nullptr;
    if (trip == nullptr) return;
    const Summary time = summary(trip->values);
    made["round_trip_ns"] = rounded(time.median, 4);
    made["round_trip_spread"] = rounded(time.spread, 4);
    made["round_trip_pause_ns"] = pause_ns(*trip, Distance::near);
    made["round_trip_far_pause_ns"] = pause_ns(*trip, Distance::far);
    made["round_trip_rounds"] = rounded_list(trip->values, 4);
    made["round_trip_line_ns"] = lines(*answers);
}

ordered_json row(const Cell& cell, const Entry& entry, const Cell* answers) {
    const Summary rate = summary(entry.values);
    const bool between_processes = entry.ring.between == Between::processes;
    ordered_json made = {
        {"ring", entry.ring.name},
        {"between", between_processes ? "processes" : "threads"},
        {"api", entry.api},
        {"case", text(cell.what)},
        {"message_bytes", cell.bytes},
        {"capacity", cell.capacity},
        {"messages_per_s", rounded(rate.median, 6)},
        {"spread", rounded(rate.spread, 4)},
        {"near_messages_per_s", median_or_null(summary(values(cell, entry, Distance::near)))},
        {"far_messages_per_s", median_or_null(summary(values(cell, entry, Distance::far)))},
        {"pause_ns", pause_ns(entry, Distance::near)},
        {"far_pause_ns", pause_ns(entry, Distance::far)},
        {"bytes_per_message", bytes_per_message(cell, entry)},
        {"rounds", rounded_list(entry.values, 4)},
        {"line_ns", lines(cell)}};
    add_comparison(made, cell, entry);
    add_round_trip(made, entry, answers);
    return made;
}

/// Returns a row for each ring, api and cell.
ordered_json rows(const std::vector<Cell>& cells) {
    auto made = ordered_json::array();
    for (const Cell& cell : cells) {
        if (cell.kind == Kind::round_trip) continue;  // in the rows of the streams
        for (const Entry& entry : cell.entries) {
            if (!is_limit(entry.ring)) made.push_back(row(cell, entry, round_trips(cells, cell)));
        }
    }
    return made;
}

/// Returns the median of a limit, over all the cells in which it ran.
ordered_json limit(const std::vector<Cell>& cells, const std::string& name) {
    std::vector<double> values;
    for (const Cell& cell : cells) {
        const Entry* entry = cell.find(name);
        if (entry == nullptr) continue;
        values.insert(values.end(), entry->values.begin(), entry->values.end());
    }
    return median_or_null(summary(values));
}

/// Returns the median of what a cache line took in the round trips' rounds in which the processors
/// were so far apart.
ordered_json line(const std::vector<Cell>& cells, Distance where) {
    std::vector<double> kept;
    for (const Cell& cell : cells) {
        const Entry* entry = cell.find("line");
        if (entry == nullptr) continue;
        const std::vector<double> found = values(cell, *entry, where);
        kept.insert(kept.end(), found.begin(), found.end());
    }
    return median_or_null(summary(kept));
}

/// Returns what whole blocks reached in each cell: they go through as much memory as its ring has.
ordered_json bulk(const std::vector<Cell>& cells) {
    auto made = ordered_json::array();
    for (const Cell& cell : cells) {
        const Entry* entry = cell.find("bulk");
        if (entry == nullptr) continue;
        const Summary rate = summary(entry->values);
        made.push_back({{"message_bytes", cell.bytes},
                        {"capacity", cell.capacity},
                        {"bytes_per_s", rounded(rate.median, 6)},
                        {"spread", rounded(rate.spread, 4)},
                        {"rounds", rounded_list(entry->values, 4)},
                        {"line_ns", lines(cell)}});
    }
    return made;
}

ordered_json json(const Waiting& waiting) {
    ordered_json without_calls = nullptr;
    if (waiting.without_calls) without_calls = *waiting.without_calls;
    return {{"round_trip_spinning_ns", median_or_null(summary(waiting.spinning))},
            {"round_trip_blocking_ns", median_or_null(summary(waiting.blocking))},
            {"blocking_ratio", median_or_null(ratios(waiting.blocking, waiting.spinning))},
            {"one_core_ns", median_or_null(summary(waiting.on_one_core))},
            {"one_core_pipe_ns", median_or_null(summary(waiting.pipe))},
            {"one_core_ratio", median_or_null(ratios(waiting.on_one_core, waiting.pipe))},
            {"idle_s", waiting.idle_seconds},
            {"idle_cpu_s", waiting.idle_cpu_seconds},
            {"idle_sleeps", waiting.idle_switches},
            {"sends_without_system_calls", without_calls}};
}

}  // namespace

ordered_json record(const Plan& plan, const measure::Machine& machine,
                    const std::vector<Cell>& cells, const Waiting& waiting) {
    const std::size_t rounds = cells.empty() ? 0 : cells.front().entries.front().values.size();
    const ordered_json limits = {{"bulk_bytes_per_s", limit(cells, "bulk")},
                                 {"bulk", bulk(cells)},
                                 {"round_trip_ns", limit(cells, "line")},
                                 {"near_round_trip_ns", line(cells, Distance::near)},
                                 {"far_round_trip_ns", line(cells, Distance::far)},
                                 {"alone_messages_per_s", limit(cells, "alone")}};
    return {{"machine", as_json(machine)},     {"rounds", rounds},
            {"run_seconds", plan.run_seconds}, {"limits", limits},
            {"waiting", json(waiting)},        {"rows", rows(cells)}};
}

}  // namespace ring_bench
