/// @file
/// Lesson 05, ladder: its output for programs.
#pragma once

#include "why.hpp"

#include "common/measure/machine.hpp"

#include <string>
#include <vector>

namespace ladder {

/// Writes a run as JSON; ladder.schema.json, in the lesson's folder, says what is in it.
/// @param path  the file; written anew
/// @throws Failure if it cannot be written
void write_json(const std::string& path, const measure::Machine& machine,
                const std::vector<Row>& steps, const std::vector<Row>& limits,
                const std::vector<Experiment>& experiments);

}  // namespace ladder
