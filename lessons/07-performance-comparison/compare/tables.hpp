/// @file
/// Lesson 07, compare: the results as a table, as CSV and as JSON.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace comparison {

/// Says the rows, a table for each size and number of cores; those without samples with the reason.
void say_table(const Plan& plan, const std::vector<Row>& rows);

/// Writes a line for each row, and a line of names first.
void write_csv(const std::string& path, const std::vector<Row>& rows);

/// Writes rows and machine.
void write_json(const std::string& path, const measure::Machine& machine,
                const std::vector<Row>& rows);

}  // namespace comparison
