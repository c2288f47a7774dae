/// @file
/// Lesson 04, page_cost: the comparison of random access with small and with huge pages.
#pragma once

#include "chase.hpp"

#include "common/kernel/huge_pages.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace page_cost {

/// Returns how many bytes the comparison takes at most: both mappings, and the order.
std::size_t memory_for_random_access(std::size_t size);

/// Compares random access with small and with huge pages: to one cache line in each small page of
/// 128 KiB, then of 4 times as much each time, up to `size`, a multiple of settings.huge; and at
/// last to every line of that. So few lines fit into the caches for long, which leaves the TLB.
///
/// @param row  called with each row as soon as it is there
/// @returns why there is no comparison: huge pages could not be had, or small ones; "" if there was
std::string compare_random_access(const shm::HugePages& settings, std::size_t size,
                                  std::size_t rounds,
                                  const std::function<void(const Compared&)>& row);

}  // namespace page_cost
