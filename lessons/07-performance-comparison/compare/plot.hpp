/// @file
/// Lesson 07, compare: the results as pictures, drawn by gnuplot.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace comparison {

/// Makes the folder if need be.
/// @throws Failure if it cannot be written to, or gnuplot is not there: better now than later
void require_plots(const std::string& folder);

/// Draws latency.svg, tail.svg and throughput.svg into the folder: a core each, by size. Their
/// colours can be told apart on light and on dark.
/// @throws Failure if gnuplot fails
void draw_plots(const std::string& folder, const std::vector<Row>& rows);

}  // namespace comparison
