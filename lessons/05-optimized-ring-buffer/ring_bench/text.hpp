/// @file
/// Lesson 05, ring_bench: figures as its tables have them.
#pragma once

#include "cells.hpp"

#include "common/measure/statistics.hpp"

#include <string>

namespace ring_bench {

/// Returns a number with three digits, in a column so wide: "1530", "79.1", "6.42".
std::string number(double value, int width);

/// Returns an entry's median as millions a second, or as nanoseconds; "-" where it did not run.
std::string median(const Cell& cell, const Entry* entry, int width);

/// Returns a ratio, its least and its most, in 19 columns.
std::string range(const measure::Summary& ratio);

/// Returns how widely an entry's rounds are spread, in 6 columns: "12 %".
std::string spread(const Entry* entry);

/// Returns a target and whether it is met; "" where there is none.
std::string verdict(double target, bool met);

/// Returns what a row of the tables is called: "  64 x 1024 ", in 12 columns.
std::string name_of(const Cell& cell);

}  // namespace ring_bench
