/// @file
/// Lesson 05, ring_bench: its output for programs.
#pragma once

#include "cells.hpp"
#include "waiting.hpp"

#include "common/measure/machine.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace ring_bench {

/// Returns a run as a record; ring_bench.schema.json, in the lesson's folder, says what is in it.
nlohmann::ordered_json record(const Plan& plan, const measure::Machine& machine,
                              const std::vector<Cell>& cells, const Waiting& waiting);

}  // namespace ring_bench
