/// @file
/// Lesson 05, ring_bench: its output, as tables of at most 100 columns.
#pragma once

#include "cells.hpp"

#include <vector>

namespace ring_bench {

/// Says what all cells came to, as far as they were measured.
void say_results(const std::vector<Cell>& cells);

}  // namespace ring_bench
