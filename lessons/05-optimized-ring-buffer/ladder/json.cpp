#include "json.hpp"

#include "common/measure/record.hpp"
#include "common/measure/statistics.hpp"

#include <nlohmann/json.hpp>

namespace ladder {

namespace {

using measure::rounded;
using nlohmann::ordered_json;

/// @param against  what it is compared with; null: nothing
/// @param ratio    what the ratio of both is called
ordered_json row(const Row& row, const Row* against, const char* ratio) {
    const measure::Summary rate = measure::summary(row.values);
    ordered_json made = {{"name", row.name},
                         {"per_s", rounded(rate.median, 4)},
                         {"spread", rounded(rate.spread, 4)}};
    if (!row.reason.empty()) made["reason"] = row.reason;
    if (against != nullptr) {
        made[ratio] = rounded(measure::ratios(row.values, against->values).median, 4);
    }
    return made;
}

/// @param compared  whether each row is compared with the one before
ordered_json ladder_of(const std::vector<Row>& rows, bool compared) {
    auto made = ordered_json::array();
    const Row* before = nullptr;
    for (const Row& each : rows) {
        made.push_back(row(each, compared ? before : nullptr, "ratio_to_before"));
        before = &each;
    }
    return made;
}

ordered_json experiment(const Experiment& one) {
    auto rows = ordered_json::array();
    for (const Row& each : one.rows) {
        const Row* first = &each == &one.rows.front() ? nullptr : &one.rows.front();
        rows.push_back(row(each, first, "ratio_to_first"));
    }
    return {{"reason", one.reason}, {"what", one.what}, {"unit", one.unit}, {"rows", rows}};
}

}  // namespace

ordered_json record(const measure::Machine& machine, const std::vector<Row>& steps,
                    const std::vector<Row>& limits, const std::vector<Experiment>& experiments) {
    auto shown = ordered_json::array();
    for (const Experiment& one : experiments) shown.push_back(experiment(one));
    return {{"machine", as_json(machine)},
            {"rounds", steps.front().values.size()},
            {"steps", ladder_of(steps, true)},
            {"limits", ladder_of(limits, false)},
            {"experiments", shown}};
}

}  // namespace ladder
