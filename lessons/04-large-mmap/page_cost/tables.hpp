/// @file
/// Lesson 04, page_cost: its output, as tables.
#pragma once

#include "chase.hpp"
#include "first_touch.hpp"

#include "common/kernel/huge_pages.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace page_cost {

/// Says what this machine is, and what it allows.
void say_settings(const shm::HugePages& settings);

/// Returns `bytes` in the largest unit of which it is a whole number: "64 MiB".
std::string in_bytes(std::size_t bytes);

/// Measures the first touch of `size` bytes in each way, says what was got, and returns it; where
/// that is not what was asked for, it says also what would allow it.
std::vector<Measured> touch_aloud(const shm::HugePages& settings, std::size_t size,
                                  const std::vector<Way>& ways, std::size_t rounds);

/// Compares random access to memory of both sizes of pages, says so row by row, and returns the
/// rows: none where there is not enough memory for it, or no huge pages, which it says.
std::vector<Compared> compare_aloud(const shm::HugePages& settings, std::size_t size,
                                    std::size_t rounds);

}  // namespace page_cost
