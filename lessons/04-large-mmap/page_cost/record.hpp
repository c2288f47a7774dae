/// @file
/// Lesson 04, page_cost: what was measured, as a record (page_cost.schema.json, in the lesson's
/// folder, says what is in it), and the figures of a record.
#pragma once

#include "chase.hpp"
#include "first_touch.hpp"

#include "common/kernel/huge_pages.hpp"
#include "common/measure/machine.hpp"
#include "common/measure/plot.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <vector>

namespace page_cost {

/// What one run has measured; a part that was not measured has no rows.
struct Run {
    measure::Machine machine = {};  ///< as it was before
    std::size_t rounds = 0;
    std::size_t touched = 0;              ///< bytes of the first touch
    std::vector<Way> ways = {};           ///< of the first touch
    std::vector<Measured> touches = {};   ///< one for each way
    std::vector<Compared> compared = {};  ///< random access
};

/// Returns the record of a run on this machine.
nlohmann::ordered_json record(const shm::HugePages& settings, const Run& run);

/// Returns the figures of a record: the first touch, and random access.
std::vector<measure::Figure> figures(const nlohmann::ordered_json& record);

}  // namespace page_cost
