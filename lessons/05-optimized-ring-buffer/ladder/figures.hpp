/// @file
/// Lesson 05, ladder: the figures of a record.
#pragma once

#include "common/measure/plot.hpp"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace ladder {

/// Returns the figures of a record that `ladder --json` wrote: the steps, and the limits of the
/// machine.
std::vector<measure::Figure> figures(const nlohmann::ordered_json& record);

}  // namespace ladder
