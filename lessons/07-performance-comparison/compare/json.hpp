/// @file
/// Lesson 07, compare: the results for programs.
#pragma once

#include "measure.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace comparison {

/// Returns machine and rows as a record; compare.schema.json, in the lesson's folder, says what is
/// in it.
nlohmann::ordered_json record(const measure::Machine& machine, const std::vector<Row>& rows);

}  // namespace comparison
