/// @file
/// Lesson 04, page_cost: what it costs to touch memory for the first time, in each of the ways that
/// a mapping can be prepared.
#pragma once

#include "cost.hpp"
#include "mapping.hpp"

#include "common/kernel/huge_pages.hpp"
#include "common/kernel/smaps.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace page_cost {

/// One way, carried out once.
struct Measured {
    std::optional<Cost> call;   ///< of the call that prepares; none where there is no such call
    std::optional<Cost> touch;  ///< of the loop that writes into each page
    shm::Given given;           ///< what the kernel gave, in the end
    std::size_t tables = 0;     ///< bytes of page tables that came with it
    std::string refused;        ///< why nothing was got: the call, and its error
};

/// One way to get memory.
struct Way {
    std::string name;
    std::function<Measured()> run;
    bool wants_huge = false;  ///< it asks for huge pages, so getting none is worth a word
    std::string remedy;       ///< the command that would make it possible
};

/// Returns the ways that are compared, each over `size` bytes, a multiple of settings.huge.
std::vector<Way> ways(const shm::HugePages& settings, std::size_t size);

/// Runs each way `rounds` times, in turn, and returns for each the run whose time was in the
/// middle.
std::vector<Measured> measure_ways(const std::vector<Way>& ways, std::size_t rounds);

}  // namespace page_cost
