#include "json.hpp"

#include "targets.hpp"

#include "common/measure/record.hpp"
#include "common/measure/statistics.hpp"
#include "common/program/json.hpp"

#include <fmt/format.h>

#include <iterator>

namespace ring_bench {

using measure::ratios;
using measure::summary;
using measure::Summary;
using shm::json_quoted;

namespace {

const char* text(Case what) {
    return what == Case::steady          ? "steady"
           : what == Case::slow_consumer ? "slow consumer"
                                         : "bursts";
}

std::string list(const std::vector<double>& values) {
    std::string out;
    for (const double value : values)
        out += fmt::format("{}{:.4g}", out.empty() ? "" : ", ", value);
    return "[" + out + "]";
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

std::string row(const Cell& cell, const Entry& entry, const Cell* answers) {
    const Summary rate = summary(entry.values);
    std::string out = fmt::format(
        "{{\"ring\": {}, \"between\": \"{}\", \"api\": \"{}\", \"case\": \"{}\", "
        "\"message_bytes\": {}, \"capacity\": {}, \"messages_per_s\": {:.6g}, \"spread\": {:.4f}, "
        "\"pause_ns\": {:.0f}, \"bytes_per_message\": {}, \"rounds\": {}",
        json_quoted(entry.ring.name),
        entry.ring.between == Between::processes ? "processes" : "threads", entry.api,
        text(cell.what), cell.bytes, cell.capacity, rate.median, rate.spread, entry.pause_ns,
        entry.ring.memory == nullptr
            ? "null"
            : fmt::format("{:.2f}", static_cast<double>(entry.ring.memory(entry.task)) /
                                        static_cast<double>(cell.capacity)),
        list(entry.values));
    const Comparison peers =
        entry.ring.name == "ours" ? against_peers(cell, entry.api) : Comparison{};
    if (!peers.peer.empty()) {
        out += fmt::format(
            ", \"fastest_peer\": {}, \"ratio\": {:.4g}, \"least_ratio\": {:.4g}, \"most_ratio\": "
            "{:.4g}",
            json_quoted(peers.peer), peers.ratio.median, peers.ratio.least, peers.ratio.most);
    }
    const Entry* trip = answers == nullptr ? nullptr : answers->find(entry.ring.name, entry.api);
    if (trip == nullptr) return out + ", \"round_trip_ns\": null}";
    const Summary time = summary(trip->values);
    return out + fmt::format(
                     ", \"round_trip_ns\": {:.4g}, \"round_trip_spread\": {:.4f}, "
                     "\"round_trip_pause_ns\": {:.0f}, \"round_trip_rounds\": {}}}",
                     time.median, time.spread, trip->pause_ns, list(trip->values));
}

/// Returns all rounds of a limit, from whichever cells it ran in.
std::vector<double> all_of(const std::vector<Cell>& cells, const std::string& limit) {
    std::vector<double> values;
    for (const Cell& cell : cells) {
        const Entry* entry = cell.find(limit);
        if (entry == nullptr) continue;
        values.insert(values.end(), entry->values.begin(), entry->values.end());
    }
    return values;
}

std::string number_or_null(double number) {
    return number == 0 ? "null" : fmt::format("{:.6g}", number);
}

std::string json(const Waiting& waiting) {
    const auto calls = !waiting.without_calls ? "null" : *waiting.without_calls ? "true" : "false";
    return fmt::format(
        "{{\"round_trip_spinning_ns\": {}, \"round_trip_blocking_ns\": {}, \"blocking_ratio\": {}, "
        "\"one_core_ns\": {}, \"one_core_pipe_ns\": {}, \"one_core_ratio\": {}, \"idle_s\": {}, "
        "\"idle_cpu_s\": {}, \"idle_sleeps\": {}, \"sends_without_system_calls\": {}}}",
        number_or_null(summary(waiting.spinning).median),
        number_or_null(summary(waiting.blocking).median),
        number_or_null(ratios(waiting.blocking, waiting.spinning).median),
        number_or_null(summary(waiting.on_one_core).median),
        number_or_null(summary(waiting.pipe).median),
        number_or_null(ratios(waiting.on_one_core, waiting.pipe).median), waiting.idle_seconds,
        waiting.idle_cpu_seconds, waiting.idle_switches, calls);
}

}  // namespace

void write_json(const std::string& path, const Plan& plan, const measure::Machine& machine,
                const std::vector<Cell>& cells, const Waiting& waiting) {
    std::string out = fmt::format(
        "{{\"machine\": {},\n \"rounds\": {}, \"run_seconds\": {},\n", as_json(machine),
        cells.empty() ? 0 : cells.front().entries.front().values.size(), plan.run_seconds);
    out += fmt::format(
        " \"limits\": {{\"bulk_bytes_per_s\": {}, \"round_trip_ns\": {}, \"alone_messages_per_s\": "
        "{}}},\n \"waiting\": {},\n \"rows\": [",
        number_or_null(summary(all_of(cells, "bulk")).median),
        number_or_null(summary(all_of(cells, "line")).median),
        number_or_null(summary(all_of(cells, "alone")).median), json(waiting));
    const char* comma = "\n  ";
    for (const Cell& cell : cells) {
        if (cell.kind == Kind::round_trip) continue;  // in the rows of the streams
        for (const Entry& entry : cell.entries) {
            if (is_limit(entry.ring)) continue;
            out += comma + row(cell, entry, round_trips(cells, cell));
            comma = ",\n  ";
        }
    }
    measure::write_file(path, out + "\n]}\n");
}

}  // namespace ring_bench
