/// @file
/// Lesson 04, page_cost: its output, as tables.
#pragma once

#include "common/kernel/huge_pages.hpp"

#include <cstddef>

namespace page_cost {

/// Says what this machine is, and what it allows.
void say_settings(const shm::HugePages& settings);

/// Measures the first touch of `size` bytes, a multiple of settings.huge, in each way, and says
/// what was got; where that is not what was asked for, also what would allow it.
void say_first_touch(const shm::HugePages& settings, std::size_t size, std::size_t rounds);

/// Compares random access to memory of both sizes of pages, and says so row by row. Where there is
/// not enough memory for it, or no huge pages, it says that.
void say_random_access(const shm::HugePages& settings, std::size_t size, std::size_t rounds);

}  // namespace page_cost
