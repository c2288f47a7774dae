#include "figures.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace comparison {

namespace {

using nlohmann::ordered_json;

constexpr std::array<std::pair<std::size_t, const char*>, 4> sizes = {
    {{64, "64 bytes"}, {4096, "4 KiB"}, {65536, "64 KiB"}, {1048576, "1 MiB"}}};
constexpr std::array marks = {measure::Mark::filled, measure::Mark::circle, measure::Mark::cross,
                              measure::Mark::triangle};

/// The rows that a figure of all is about: who reads it compares them first.
constexpr std::array<std::string_view, 4> strong = {"ring, spinning", "ring, in place", "pipe",
                                                    "Unix seqpacket"};

/// A figure without its rows.
measure::Figure framed(const char* file, const char* title, const char* unit, const char* caption) {
    measure::Figure figure = {.file = file,
                              .title = title,
                              .unit = unit,
                              .caption = caption,
                              .missing = "nothing was measured with a core each",
                              .series = {},
                              .groups = {{}}};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        figure.series.push_back({sizes[i].second, marks[i]});
    }
    return figure;
}

/// Adds a row for each mechanism: of what was measured with a core each, the member `key`.
void add_rows(measure::Figure& figure, const ordered_json& record, const char* key, double unit) {
    std::vector<measure::PlotRow>& rows = figure.groups.front().rows;
    for (const ordered_json& measured : record.at("rows")) {
        if (measured.at("cores") != 2 || measured.at(key).is_null()) continue;
        const std::string name = measured.at("mechanism");
        auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const measure::PlotRow& each) { return each.name == name; });
        if (row == rows.end()) {
            rows.push_back({name, std::vector<std::optional<double>>(sizes.size())});
            rows.back().is_quiet = std::find(strong.begin(), strong.end(), name) == strong.end();
            row = rows.end() - 1;
        }
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (measured.at("message_bytes") != sizes[i].first) continue;
            row->values[i] = measured.at(key).get<double>() / unit;
        }
    }
}

/// A value of the figure in words, "42.1 µs"; "?" where it was not measured.
std::string value(const measure::Figure& figure, std::string_view mechanism, std::size_t bytes) {
    for (const measure::PlotRow& row : figure.groups.front().rows) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (row.name != mechanism || sizes[i].first != bytes || !row.values[i]) continue;
            const double number = *row.values[i];
            const std::string digits = number < 1000
                                           ? fmt::format("{:.3g}", number)
                                           : measure::with_commas(std::round(number / 10) * 10);
            return digits + (figure.unit == "microseconds" ? " µs" : " " + figure.unit);
        }
    }
    return "?";
}

/// What a figure says of the smallest message, and of the largest.
std::string small_and_large(const measure::Figure& figure) {
    return fmt::format(
        "64 bytes: {} by a ring that spins, {} by a pipe. 1 MiB: {} in place, {} by a seqpacket "
        "socket, {} by a pipe.",
        value(figure, "ring, spinning", 64), value(figure, "pipe", 64),
        value(figure, "ring, in place", 1048576), value(figure, "Unix seqpacket", 1048576),
        value(figure, "pipe", 1048576));
}

}  // namespace

std::vector<measure::Figure> figures(const ordered_json& record) {
    measure::Figure latency =
        framed("latency", "Round trip, median", "microseconds",
               "A message there and its answer back, both written and read in full, a core each: "
               "further left is faster. Half of all round trips are faster than the mark.");
    add_rows(latency, record, "p50_ns", 1e3);
    latency.conclusion = small_and_large(latency);
    measure::Figure tail =
        framed("tail", "Round trip, 99.9 % are faster", "microseconds",
               "All round trips but one in a thousand are faster than the mark.");
    tail.missing = "with a core each, there were too few round trips: it takes a thousand of a row";
    add_rows(tail, record, "p999_ns", 1e3);
    tail.conclusion = fmt::format(
        "64 bytes: one round trip in a thousand takes over {} by a ring that spins, and over {} by "
        "a pipe.",
        value(tail, "ring, spinning", 64), value(tail, "pipe", 64));
    measure::Figure throughput = framed("throughput", "One way", "MB/s",
                                        "Bytes a second one way, a core each: further right is "
                                        "faster.");
    add_rows(throughput, record, "bytes_per_s", 1e6);
    throughput.conclusion = small_and_large(throughput);
    return {latency, tail, throughput};
}

}  // namespace comparison
