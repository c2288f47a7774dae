/// @file
/// Lesson 04, page_cost: what a second process pays for memory that the first one has already
/// touched.
#pragma once

#include "first_touch.hpp"

namespace page_cost {

/// Starts a process that maps `memory`, of which every page has been touched, and goes through it.
/// Returns what that process measured of itself, once it has ended.
Measured in_second_process(const Memory& memory, std::size_t size, const shm::HugePages& settings,
                           Access access);

}  // namespace page_cost
