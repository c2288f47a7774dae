/// @file
/// Lesson 05, ladder: its output for programs.
#pragma once

#include "why.hpp"

#include "common/measure/machine.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace ladder {

/// Returns a run as a record; ladder.schema.json, in the lesson's folder, says what is in it.
nlohmann::ordered_json record(const measure::Machine& machine, const std::vector<Row>& steps,
                              const std::vector<Row>& limits,
                              const std::vector<Experiment>& experiments);

}  // namespace ladder
