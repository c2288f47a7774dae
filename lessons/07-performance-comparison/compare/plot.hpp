/// @file
/// Lesson 07, compare: the results as pictures, drawn by gnuplot.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace comparison {

/// Throws Failure unless gnuplot is there: better now than after ten minutes.
void require_gnuplot();

/// Draws latency.svg, tail.svg and throughput.svg into a folder, which it makes if need be: a core
/// each, by size. Their colours can be told apart on light and on dark.
/// @throws Failure if gnuplot fails
void draw_plots(const std::string& folder, const std::vector<Row>& rows);

}  // namespace comparison
