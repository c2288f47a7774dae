#include "figures.hpp"

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

/// The steady rows of a record, in which all rings were measured.
std::vector<ordered_json> steady(const ordered_json& record) {
    std::vector<ordered_json> rows;
    for (const ordered_json& row : record.at("rows")) {
        if (row.at("case") == "steady") rows.push_back(row);
    }
    return rows;
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

/// Returns what a cache line took: it says how near each other the two processors were.
std::string line_text(const ordered_json& record) {
    const auto line = limit(record, "round_trip_ns");
    return line ? fmt::format(" A cache line there and back took {:.0f} ns then.", *line) : "";
}

/// Returns how many million messages of so many bytes move a second in whole blocks, through as
/// much memory as a ring of that capacity has; none where it was not measured.
std::optional<double> bulk(const ordered_json& record, double bytes, std::uint64_t capacity) {
    for (const ordered_json& cell : record.at("limits").at("bulk")) {
        if (cell.at("message_bytes") == bytes && cell.at("capacity") == capacity) {
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

measure::Figure throughput(const ordered_json& record) {
    const std::vector<ordered_json> rows = steady(record);
    measure::Figure figure = {
        .file = "throughput",
        .title = "Throughput of the rings",
        .unit = "million messages a second",
        .caption =
            "Messages a second between two cores: further right is faster. The line is what this "
            "machine moves in whole blocks of 16 KiB, through as much memory as the ring has, at "
            "least 64 KiB. Medians of the rounds, in turn." +
            line_text(record),
        .missing = "no stream was measured",
        .series = series_with("bulk: whole blocks"),
        .groups = {}};
    for (const std::uint64_t capacity : values_of(rows, "capacity")) {
        add_rows(figure, rows, capacity, "messages_per_s", 1e6,
                 [&](double bytes) { return bulk(record, bytes, capacity); });
        figure.groups.back().heading =
            "a ring of " + measure::with_commas(static_cast<double>(capacity));
    }
    return figure;
}

measure::Figure round_trip(const ordered_json& record) {
    measure::Figure figure = {.file = "round-trip",
                              .title = "Round trips of the rings",
                              .unit = "nanoseconds",
                              .caption =
                                  "A message there and its answer back, through "
                                  "two rings: further left is "
                                  "faster. The line is what two bare cache lines "
                                  "take when each side looks all "
                                  "the time.",
                              .missing = "no round trip was measured",
                              .series = series_with("two bare cache lines"),
                              .groups = {}};
    constexpr std::uint64_t capacity = 1024;  // the only one of which round trips are measured
    add_rows(figure, steady(record), capacity, "round_trip_ns", 1,
             [line = limit(record, "round_trip_ns")](double) { return line; });
    return figure;
}

}  // namespace

std::vector<measure::Figure> figures(const ordered_json& record) {
    return {throughput(record), round_trip(record)};
}

}  // namespace ring_bench
