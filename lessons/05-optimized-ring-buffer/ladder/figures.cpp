#include "figures.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <string>

namespace ladder {

namespace {

using nlohmann::ordered_json;

/// Returns what a step is beside the one before: "× 9".
std::string note_of(const ordered_json& step) {
    if (!step.contains("ratio_to_before")) return "";
    return fmt::format("× {:.2g}", step.at("ratio_to_before").get<double>());
}

}  // namespace

std::vector<measure::Figure> figures(const ordered_json& record) {
    const ordered_json& limits = record.at("limits");
    measure::Figure figure = {.file = "ladder",
                              .title = "The ladder, measured",
                              .unit = "million messages a second",
                              .caption =
                                  "Messages of 4 bytes a second through a ring of 1,024 in "
                                  "steps: further right "
                                  "is faster; at the right, how many times the step before. (The "
                                  "article: the listings that the course follows.) The "
                                  "lowest rows have no ring: a cache line there and back for "
                                  "each message (latency), and whole blocks "
                                  "(bulk). Medians of the rounds, in turn; the ratio at the "
                                  "right is the median of the rounds' ratios.",
                              .missing = "nothing was measured",
                              .series = {{"a step", measure::Mark::filled},
                                         {"the machine without a ring", measure::Mark::cross}},
                              .groups = {{}}};
    std::vector<measure::PlotRow>& rows = figure.groups.front().rows;
    for (const ordered_json& step : record.at("steps")) {
        const double millions = step.at("per_s").get<double>() / 1e6;
        rows.push_back({step.at("name"), {millions, std::nullopt}, note_of(step)});
    }
    const auto per_s = [](const ordered_json& step) { return step.at("per_s").get<double>(); };
    const ordered_json& steps = record.at("steps");
    figure.conclusion = fmt::format("From the first step to the last: × {:.2g}.",
                                    per_s(steps.back()) / per_s(steps.front()));
    for (const ordered_json& limit : limits) {
        const double millions = limit.at("per_s").get<double>() / 1e6;
        rows.push_back({limit.at("name"), {std::nullopt, millions}});
    }
    return {figure};
}

}  // namespace ladder
