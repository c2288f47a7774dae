#include "record.hpp"

#include "tables.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <string>

namespace page_cost {

namespace {

using measure::Mark;
using nlohmann::ordered_json;

std::optional<double> number(const ordered_json& row, const char* key) {
    if (row.at(key).is_null()) return std::nullopt;
    return row.at(key).get<double>();
}

measure::Figure first_touch(const ordered_json& record) {
    measure::Figure figure = {
        .file = "first-touch",
        .title = "What the first touch costs",
        .unit = "nanoseconds a page",
        .caption =
            "The time for each small page of the memory: of the call that prepares it, where "
            "there is one, and of the loop that touches it afterwards. Further left is "
            "faster. MADV_ asks by madvise; a memfd is an object without a name. Ways that the "
            "kernel refused are left out. Each row is the run in the middle of all rounds.",
        .missing = "the first touch was not measured",
        .series = {{"first touch", Mark::filled},
                   {"the call before or after it", Mark::cross},
                   {"both together", Mark::triangle}},
        .groups = {{}}};
    for (const ordered_json& way : record.at("first_touch")) {
        const auto touch = number(way, "touch_ns_per_page"), call = number(way, "call_ns_per_page");
        const auto both = touch && call ? std::optional(*touch + *call) : std::nullopt;
        figure.groups.front().rows.push_back({way.at("name"), {touch, call, both}});
        if (way.at("name") == "plain" && touch) {
            figure.conclusion = fmt::format(
                "A page that is touched for the first time costs {:.2g} µs.", *touch / 1000);
        }
    }
    return figure;
}

measure::Figure random_access(const ordered_json& record) {
    const ordered_json& settings = record.at("settings");
    const auto pages = [&](const char* key) {
        return in_bytes(settings.at(key).get<std::size_t>()) + " pages";
    };
    measure::Figure figure = {
        .file = "random-access",
        .title = "Random access, by pages",
        .unit = "nanoseconds a load",
        .caption =
            "One load from each small page of the memory, in random order: further left is "
            "faster. At the right, how many times longer a load takes with small pages. "
            "Medians of the rounds, in turn; the ratio is the median of the rounds' ratios.",
        .missing = "random access was not measured",
        .series = {{pages("huge_page_bytes"), Mark::filled}, {pages("page_bytes"), Mark::circle}},
        .groups = {{}}};
    for (const ordered_json& row : record.at("random_access")) {
        const bool is_dense = row.at("stride_bytes") != settings.at("page_bytes");
        figure.groups.front().rows.push_back(
            {in_bytes(row.at("bytes").get<std::size_t>()) + (is_dense ? ", every line" : ""),
             {number(row, "huge_ns_per_load"), number(row, "small_ns_per_load")},
             fmt::format("× {:.2g}", row.at("ratio").get<double>())});
        if (is_dense) continue;
        figure.conclusion =  // of the largest memory: the rows become larger
            fmt::format("In random order over {}, a load takes {:.2g} times as long with {}.",
                        in_bytes(row.at("bytes").get<std::size_t>()), row.at("ratio").get<double>(),
                        pages("page_bytes"));
    }
    return figure;
}

}  // namespace

std::vector<measure::Figure> figures(const ordered_json& record) {
    return {first_touch(record), random_access(record)};
}

}  // namespace page_cost
