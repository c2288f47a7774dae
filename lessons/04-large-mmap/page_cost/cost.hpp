/// @file
/// Lesson 04, page_cost: page faults and time.
#pragma once

#include "mapping.hpp"

#include "common/measure/clock.hpp"
#include "common/measure/usage.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace page_cost {

/// What is done with each page.
enum class Access { read, write };

/// What some work on a number of pages took.
struct Cost {
    std::uint64_t faults = 0;  ///< minor page faults of this process (man 2 getrusage)
    double ns_per_page = 0;
};

/// Returns what `work` on `pages` pages takes.
template <typename Work>
Cost cost_of(std::size_t pages, const Work& work) {
    const std::uint64_t faults = measure::minor_faults();
    const measure::Clock::time_point start = measure::Clock::now();
    work();
    const std::chrono::duration<double, std::nano> time = measure::Clock::now() - start;
    return {measure::minor_faults() - faults, time.count() / static_cast<double>(pages)};
}

/// Reads or writes one byte in each page of the mapping's first `size` bytes, and measures that.
Cost touch_pages(const Mapping& mapping, std::size_t size, std::size_t page, Access access);

}  // namespace page_cost
