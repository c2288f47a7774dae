#include "figures.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace comparison {

namespace {

using nlohmann::ordered_json;

constexpr std::array<std::pair<std::size_t, const char*>, 4> sizes = {
    {{64, "64 bytes"}, {4096, "4 KiB"}, {65536, "64 KiB"}, {1048576, "1 MiB"}}};
constexpr std::array marks = {measure::Mark::filled, measure::Mark::circle, measure::Mark::cross,
                              measure::Mark::triangle};

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
            row = rows.end() - 1;
        }
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            if (measured.at("message_bytes") != sizes[i].first) continue;
            row->values[i] = measured.at(key).get<double>() / unit;
        }
    }
}

}  // namespace

std::vector<measure::Figure> figures(const ordered_json& record) {
    measure::Figure latency =
        framed("latency", "Round trip, median", "microseconds",
               "A message there and its answer back, both written and read in full, a core each: "
               "further left is faster. Half of all round trips are faster than the mark.");
    add_rows(latency, record, "p50_ns", 1e3);
    measure::Figure tail =
        framed("tail", "Round trip, 99.9 % are faster", "microseconds",
               "All round trips but one in a thousand are faster than the mark.");
    tail.missing = "with a core each, there were too few round trips: it takes a thousand of a row";
    add_rows(tail, record, "p999_ns", 1e3);
    measure::Figure throughput = framed("throughput", "One way", "MB/s",
                                        "Bytes a second one way, a core each: further right is "
                                        "faster.");
    add_rows(throughput, record, "bytes_per_s", 1e6);
    return {latency, tail, throughput};
}

}  // namespace comparison
