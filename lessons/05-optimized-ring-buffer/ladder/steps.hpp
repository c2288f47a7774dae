/// @file
/// Lesson 05, ladder: the steps, and the limits.
#pragma once

#include "turns.hpp"

#include <vector>

namespace ladder {

/// Returns the steps, each of which differs from the one before by one idea.
std::vector<Row> steps();

/// Returns what no ring can pass: first latency, in messages of which each waits for the answer to
/// the one before; then bulk, in 4-byte messages of which thousands go at once.
std::vector<Row> limits();

}  // namespace ladder
