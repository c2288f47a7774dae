/// @file
/// Lesson 07, compare: the figures of a record.
#pragma once

#include "common/measure/plot.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace comparison {

/// Returns the figures of a record that `compare --json` wrote: latency, tail and throughput, of
/// what was measured with a core each.
std::vector<measure::Figure> figures(const nlohmann::ordered_json& record);

}  // namespace comparison
