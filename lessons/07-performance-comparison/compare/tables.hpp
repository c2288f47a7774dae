/// @file
/// Lesson 07, compare: the results as a table, and as CSV.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace comparison {

/// Says the rows, a table for each size and number of cores; those without samples with the reason.
void say_table(const Plan& plan, const std::vector<Row>& rows);

/// Writes a line for each row, and a line of names first.
void write_csv(const std::string& path, const std::vector<Row>& rows);

}  // namespace comparison
