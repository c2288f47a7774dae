#include "figures.hpp"

#include "cells.hpp"

#include "common/measure/statistics.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace ring_bench {

namespace {

using measure::Mark;
using nlohmann::ordered_json;

/// A ring as it is measured, and as it is drawn.
struct Drawn {
    const char* ring;
    const char* api;
    measure::Series series;
};

const std::vector<Drawn>& drawn() {
    static const std::vector<Drawn> all = {
        {"ours", "single", {"ours, one a call", Mark::filled}},
        {"ours", "span64", {"ours, spans of 64", Mark::square}},
        {"boost", "single", {"Boost.Lockfree", Mark::circle}},
        {"atomic_queue", "single", {"atomic_queue", Mark::cross}},
        {"moodycamel", "single", {"moodycamel (threads)", Mark::triangle}}};
    return all;
}

/// Which rounds a figure is of; none: all.
using Where = std::optional<Distance>;

/// Puts the median of those rounds where that of all stands; null where there were none.
void keep_rounds(ordered_json& row, Where where, const char* median, const char* rounds,
                 const char* lines) {
    if (!where || !row.contains(rounds) || row.at(median).is_null()) return;
    std::vector<double> kept;
    for (std::size_t i = 0; i < std::min(row.at(rounds).size(), row.at(lines).size()); ++i) {
        const ordered_json& line = row.at(lines).at(i);
        if (distance({line.at(0), line.at(1)}) == *where) kept.push_back(row.at(rounds).at(i));
    }
    row[median] = nullptr;
    if (!kept.empty()) row[median] = measure::summary(kept).median;
}

/// The steady rows of a record, in which all rings were measured, with the medians of those rounds.
std::vector<ordered_json> steady(const ordered_json& record, Where where) {
    std::vector<ordered_json> rows;
    for (ordered_json row : record.at("rows")) {
        if (row.at("case") != "steady") continue;
        keep_rounds(row, where, "messages_per_s", "rounds", "line_ns");
        keep_rounds(row, where, "round_trip_ns", "round_trip_rounds", "round_trip_line_ns");
        rows.push_back(row);
    }
    return rows;
}

/// Says whether there was such a round.
bool has_rounds(const ordered_json& record, Distance where) {
    const std::vector<ordered_json> rows = steady(record, where);
    return std::any_of(rows.begin(), rows.end(),
                       [](const ordered_json& row) { return !row.at("messages_per_s").is_null(); });
}

/// Returns the numbers that stand under `key`, in order.
std::set<std::uint64_t> values_of(const std::vector<ordered_json>& rows, const char* key) {
    std::set<std::uint64_t> values;
    for (const ordered_json& row : rows) values.insert(row.at(key).get<std::uint64_t>());
    return values;
}

/// Returns what stands under `key` for that ring, size and capacity; none if
/// nothing does.
std::optional<double> find(const std::vector<ordered_json>& rows, const Drawn& one,
                           std::uint64_t bytes, std::uint64_t capacity, const char* key) {
    for (const ordered_json& row : rows) {
        if (row.at("ring") != one.ring || row.at("api") != one.api) continue;
        if (row.at("message_bytes") != bytes || row.at("capacity") != capacity) continue;
        if (row.at(key).is_null()) return std::nullopt;
        return row.at(key).get<double>();
    }
    return std::nullopt;
}

/// Returns what the machine does without a ring; none where it was not measured.
std::optional<double> limit(const ordered_json& record, const char* key) {
    const ordered_json& number = record.at("limits").at(key);
    if (number.is_null()) return std::nullopt;
    return number.get<double>();
}

/// Says which rounds a figure is of.
std::string where_text(Where where) {
    if (!where) return "";
    return fmt::format(
        " These are the rounds in which the two processors were {} each other: a cache "
        "line there and back took {} {} ns.",
        where == Distance::near ? "near" : "far from",
        where == Distance::near ? "at most" : "more than", most_near_ns);
}

/// Returns how many million messages of so many bytes move a second in whole blocks, through as
/// much memory as a ring of that capacity has; none where it was not measured.
std::optional<double> bulk(const ordered_json& record, Where where, double bytes,
                           std::uint64_t capacity) {
    for (ordered_json cell : record.at("limits").at("bulk")) {
        if (cell.at("message_bytes") == bytes && cell.at("capacity") == capacity) {
            keep_rounds(cell, where, "bytes_per_s", "rounds", "line_ns");
            if (cell.at("bytes_per_s").is_null()) return std::nullopt;
            return cell.at("bytes_per_s").get<double>() / bytes / 1e6;
        }
    }
    return std::nullopt;
}

/// Adds a row for each size of message, with the values of `key`.
/// @param most  the machine's limit for messages of so many bytes
void add_rows(measure::Figure& figure, const std::vector<ordered_json>& rows,
              std::uint64_t capacity, const char* key, double unit,
              const std::function<std::optional<double>(double)>& most) {
    measure::PlotGroup group;
    for (const std::uint64_t bytes : values_of(rows, "message_bytes")) {
        measure::PlotRow row = {measure::with_commas(static_cast<double>(bytes)) + " bytes", {}};
        for (const Drawn& one : drawn()) {
            const auto value = find(rows, one, bytes, capacity, key);
            row.values.push_back(value ? std::optional(*value / unit) : std::nullopt);
        }
        row.values.push_back(most(static_cast<double>(bytes)));
        group.rows.push_back(std::move(row));
    }
    figure.groups.push_back(std::move(group));
}

std::vector<measure::Series> series_with(const char* limit) {
    std::vector<measure::Series> all;
    for (const Drawn& one : drawn()) all.push_back(one.series);
    all.push_back({limit, Mark::limit});
    return all;
}

measure::Figure throughput(const ordered_json& record, Where where, const char* file) {
    const std::vector<ordered_json> rows = steady(record, where);
    measure::Figure figure = {
        .file = file,
        .title =
            where == Distance::far ? "Throughput of the rings, far" : "Throughput of the rings",
        .unit = "million messages a second",
        .caption =
            "Messages a second between two cores: further right is faster. The line is what this "
            "machine moves in whole blocks of 16 KiB, through as much memory as the ring has, at "
            "least 64 KiB. Medians of the rounds, in turn." +
            where_text(where),
        .missing = "there was no such round",
        .series = series_with("bulk: whole blocks"),
        .groups = {}};
    for (const std::uint64_t capacity : values_of(rows, "capacity")) {
        add_rows(figure, rows, capacity, "messages_per_s", 1e6,
                 [&](double bytes) { return bulk(record, where, bytes, capacity); });
        figure.groups.back().heading =
            "a ring of " + measure::with_commas(static_cast<double>(capacity));
    }
    return figure;
}

measure::Figure round_trip(const ordered_json& record, Where where) {
    measure::Figure figure = {.file = "round-trip",
                              .title = "Round trips of the rings",
                              .unit = "nanoseconds",
                              .caption =
                                  "A message there and its answer back, through "
                                  "two rings: further left is "
                                  "faster. The line is what two bare cache lines "
                                  "take when each side looks all "
                                  "the time." +
                                  where_text(where),
                              .missing = "no round trip was measured",
                              .series = series_with("two bare cache lines"),
                              .groups = {}};
    constexpr std::uint64_t capacity = 1024;  // the only one of which round trips are measured
    const char* name = where == Distance::near ? "near_round_trip_ns" : "round_trip_ns";
    add_rows(figure, steady(record, where), capacity, "round_trip_ns", 1,
             [line = limit(record, name)](double) { return line; });
    return figure;
}

}  // namespace

std::vector<measure::Figure> figures(const ordered_json& record) {
    // Near and far are a factor of four apart: a median of both would be of neither.
    const Where usual = has_rounds(record, Distance::near) ? Where(Distance::near) : std::nullopt;
    return {throughput(record, usual, "throughput"),
            throughput(record, Distance::far, "throughput-far"), round_trip(record, usual)};
}

}  // namespace ring_bench
