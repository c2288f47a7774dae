/// @file
/// The texts around gnuplot: what it reads, and what becomes of the SVG that it writes. Part of
/// plot.hpp.
#pragma once

#include "common/measure/plot.hpp"

#include <string>
#include <vector>

namespace measure {

/// Returns the figure without what has no value: rows, groups, and series.
Figure with_values_only(const Figure& figure);

/// Says whether the figure has rows that are small and grey.
bool has_quiet_row(const Figure& figure);

/// Returns what gnuplot reads from NAME.dat: a block for each series, a line for each row with its
/// number and its value. Where rows are quiet, a block of these for each series follows.
std::string plot_data(const Figure& figure);

/// Returns the values as a table, NAME.tsv: a line with the unit and the series, then one for each
/// row: its group and its name, its values, its note.
std::string plot_table(const Figure& figure);

/// Returns what gnuplot does: NAME.gp.
/// @param source  the machine and the date, a line each; stands below the axis
std::string plot_script(const Figure& figure, const std::vector<std::string>& source);

/// Returns gnuplot's SVG as a page wants it: its caption, title and description, and beside each
/// colour of ours the CSS variable that has it there.
std::string svg_for_pages(const std::string& svg, const Figure& figure);

}  // namespace measure
