/// @file
/// Lesson 05, ring_bench: the figures of a record.
#pragma once

#include "common/measure/plot.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace ring_bench {

/// Returns the figures of a record that `ring_bench --json` wrote: throughput and round trips, of
/// what was measured steadily.
std::vector<measure::Figure> figures(const nlohmann::ordered_json& record);

}  // namespace ring_bench
