#include "common/measure/plot_script.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace measure {

namespace {

/// The values of one series, in the rows that are quiet, or in those that are not.
std::string block_of(const Figure& figure, std::size_t series, bool is_quiet) {
    std::string out;
    std::size_t at = 0;
    for (const PlotGroup& group : figure.groups) {
        if (!group.heading.empty()) ++at;
        for (const PlotRow& row : group.rows) {
            ++at;
            if (row.is_quiet != is_quiet || !row.values[series]) continue;
            out += fmt::format("{} {:.6g}\n", at, *row.values[series]);
        }
        out += "\n";  // a line through the rows ends here
    }
    return out + "\n";  // the second empty line ends the block
}

/// "20,200" for 20160.
std::string three_digits(double number) {
    return with_commas(std::stod(fmt::format("{:.3g}", number)));
}

}  // namespace

bool has_quiet_row(const Figure& figure) {
    return std::any_of(figure.groups.begin(), figure.groups.end(), [](const PlotGroup& group) {
        return std::any_of(group.rows.begin(), group.rows.end(),
                           [](const PlotRow& row) { return row.is_quiet; });
    });
}

std::string plot_data(const Figure& figure) {
    std::string out;
    for (const bool is_quiet : {false, true}) {
        if (is_quiet && !has_quiet_row(figure)) break;
        for (std::size_t i = 0; i < figure.series.size(); ++i) out += block_of(figure, i, is_quiet);
    }
    return out;
}

std::string plot_table(const Figure& figure) {
    std::string out = figure.unit;
    for (const Series& one : figure.series) out += "\t" + one.name;
    out += "\n";
    for (const PlotGroup& group : figure.groups) {
        for (const PlotRow& row : group.rows) {
            out += (group.heading.empty() ? "" : group.heading + ": ") + row.name;
            for (const auto& value : row.values) {
                out += "\t" + (value ? three_digits(*value) : "");
            }
            out += (row.note.empty() ? "" : "\t" + row.note) + "\n";
        }
    }
    return out;
}

}  // namespace measure
