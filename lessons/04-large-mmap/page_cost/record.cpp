#include "record.hpp"

#include "common/kernel/huge_pages.hpp"
#include "common/measure/record.hpp"

#include <nlohmann/json.hpp>

namespace page_cost {

namespace {

using nlohmann::ordered_json;

/// Returns a figure with four digits: more of them say nothing.
double rounded(double figure) {
    return measure::rounded(figure, 4);
}

/// @param key  "call" gives "call_faults" and "call_ns_per_page"; null where there is no such cost
void add_cost(ordered_json& made, const std::string& key, const std::optional<Cost>& cost) {
    made[key + "_faults"] = cost ? ordered_json(cost->faults) : ordered_json(nullptr);
    made[key + "_ns_per_page"] =
        cost ? ordered_json(rounded(cost->ns_per_page)) : ordered_json(nullptr);
}

ordered_json touch(const Way& way, const Measured& measured) {
    ordered_json made = {{"name", way.name}, {"refused", nullptr}};
    if (!measured.refused.empty()) made["refused"] = measured.refused;
    add_cost(made, "call", measured.call);
    add_cost(made, "touch", measured.touch);
    made["resident_bytes"] = measured.given.resident;
    made["huge_bytes"] = measured.given.huge;
    made["table_bytes"] = measured.tables;
    return made;
}

ordered_json or_null(const std::optional<double>& number) {
    return number ? ordered_json(rounded(*number)) : ordered_json(nullptr);
}

ordered_json compared(const Compared& row) {
    return {{"bytes", row.bytes},
            {"stride_bytes", row.stride},
            {"small_ns_per_load", rounded(row.small_ns)},
            {"huge_ns_per_load", rounded(row.huge_ns)},
            {"ratio", rounded(row.ratio.median)},
            {"least_ratio", rounded(row.ratio.least)},
            {"most_ratio", rounded(row.ratio.most)},
            {"small_tlb_misses", or_null(row.small_misses)},
            {"huge_tlb_misses", or_null(row.huge_misses)}};
}

}  // namespace

ordered_json record(const shm::HugePages& settings, const Run& run) {
    auto touches = ordered_json::array();
    for (std::size_t i = 0; i < run.touches.size(); ++i) {
        touches.push_back(touch(run.ways[i], run.touches[i]));
    }
    auto random = ordered_json::array();
    for (const Compared& row : run.compared) random.push_back(compared(row));
    return {{"schema", "page_cost/1"},
            {"machine", measure::as_json(run.machine)},
            {"rounds", run.rounds},
            {"settings",
             {{"page_bytes", settings.page},
              {"huge_page_bytes", settings.huge},
              {"dev_shm", settings.dev_shm},
              {"shmem_enabled", settings.shmem_enabled},
              {"nr_hugepages", settings.pool}}},
            {"touched_bytes", run.touched},
            {"first_touch", touches},
            {"random_access", random}};
}

}  // namespace page_cost
