/// @file
/// Lesson 05, ring_bench: its output for programs.
#pragma once

#include "cells.hpp"
#include "waiting.hpp"

#include "common/measure/machine.hpp"

#include <string>
#include <vector>

namespace ring_bench {

/// Writes a run as JSON; ring_bench.schema.json, in the lesson's folder, says what is in it.
/// @param path  the file; written anew
/// @throws Failure if it cannot be written
void write_json(const std::string& path, const Plan& plan, const measure::Machine& machine,
                const std::vector<Cell>& cells, const Waiting& waiting);

}  // namespace ring_bench
