/// @file
/// Lesson 04, page_cost: random access, with small and with huge pages.
#pragma once

#include "mapping.hpp"

#include "common/measure/statistics.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace page_cost {

/// The unit that caches load.
constexpr std::size_t cache_line = 64;

/// Returns a permutation of 0 .. count-1 that is one single cycle: a reader that goes from i to
/// next[i] sees all of them before coming back (S. Sattolo, 1986). The same in every run.
std::vector<std::uint32_t> one_cycle(std::size_t count);

/// The cache lines of some memory in a random order, each one holding the number of the next: the
/// processor cannot ask for a line before it has the one before, so nothing hides what a load
/// takes.
class Chase {
public:
    /// Writes the order into memory.
    /// @param order   as one_cycle() returns it
    /// @param stride  bytes from one line that is used to the next: cache_line for all of them, the
    ///                page's size for one line of each page
    Chase(unsigned char* memory, const std::vector<std::uint32_t>& order, std::size_t stride);

    /// Goes on from where it is for `loads` loads.
    void walk(std::size_t loads);
    /// Returns the number of the line where it is.
    std::uint32_t position() const noexcept { return position_; }

private:
    const unsigned char* memory_;
    std::uint32_t position_ = 0;
};

/// One row of the comparison.
struct Compared {
    std::size_t bytes = 0;   ///< the memory that was walked through
    std::size_t stride = 0;  ///< as Chase takes it
    double small_ns = 0;     ///< median time of a load, with small pages
    double huge_ns = 0;      ///< the same with huge ones
    measure::Summary ratio;  ///< of the two times, taken in turn, in each round
    std::optional<double> small_misses =
        std::nullopt;  ///< TLB misses for each load; none where hidden
    std::optional<double> huge_misses = std::nullopt;  ///< the same with huge pages
};

/// Walks through the first `bytes` of both mappings in turn, in the same random order.
/// @param rounds  how many times each
/// @throws Failure if the two walks did not end at the same place
Compared compare(const Mapping& small, const Mapping& huge, std::size_t bytes, std::size_t stride,
                 std::size_t rounds);

}  // namespace page_cost
