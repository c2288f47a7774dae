/// @file
/// Lesson 05, ring_bench: its output for programs.
#pragma once

#include "cells.hpp"
#include "waiting.hpp"

#include "common/measure/machine.hpp"

#include <string>
#include <vector>

namespace ring_bench {

/// Writes a run as JSON. {"machine": {...}, "limits": {...}, "rows": [...]}: a row for each ring,
/// api and cell.
/// @param path  the file; written anew
/// @throws Failure if it cannot be written
void write_json(const std::string& path, const Plan& plan, const measure::Machine& machine,
                const std::vector<Cell>& cells, const Waiting& waiting);

}  // namespace ring_bench
