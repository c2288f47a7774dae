/// @file
/// Lesson 07, compare: the results for programs.
#pragma once

#include "measure.hpp"

#include <string>
#include <vector>

namespace comparison {

/// Writes machine and rows as JSON; compare.schema.json, in the lesson's folder, says what is in
/// it.
/// @param path  the file; written anew
/// @throws Failure if it cannot be written
void write_json(const std::string& path, const measure::Machine& machine,
                const std::vector<Row>& rows);

}  // namespace comparison
