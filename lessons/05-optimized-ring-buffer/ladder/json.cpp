#include "json.hpp"

#include "common/measure/record.hpp"
#include "common/measure/statistics.hpp"
#include "common/program/json.hpp"

#include <fmt/format.h>

namespace ladder {

namespace {

using shm::json_quoted;

/// @param against  what it is compared with; null: nothing
std::string row(const Row& row, const Row* against, const char* ratio) {
    const measure::Summary rate = measure::summary(row.values);
    std::string out = fmt::format("{{\"name\": {}, \"per_s\": {:.4g}, \"spread\": {:.4f}",
                                  json_quoted(row.name), rate.median, rate.spread);
    if (!row.reason.empty()) out += fmt::format(", \"reason\": {}", json_quoted(row.reason));
    if (against != nullptr) {
        out += fmt::format(", \"{}\": {:.4g}", ratio,
                           measure::ratios(row.values, against->values).median);
    }
    return out + "}";
}

std::string ladder_of(const std::vector<Row>& rows, bool compared) {
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row* before = compared && i != 0 ? &rows[i - 1] : nullptr;
        out += (i == 0 ? "\n  " : ",\n  ") + row(rows[i], before, "ratio_to_before");
    }
    return "[" + out + "]";
}

std::string experiment(const Experiment& one) {
    std::string out;
    for (const Row& each : one.rows) {
        const Row* first = &each == &one.rows.front() ? nullptr : &one.rows.front();
        out += (out.empty() ? "\n   " : ",\n   ") + row(each, first, "ratio_to_first");
    }
    return fmt::format("{{\"reason\": {}, \"what\": {}, \"unit\": {}, \"rows\": [{}]}}",
                       json_quoted(one.reason), json_quoted(one.what), json_quoted(one.unit), out);
}

}  // namespace

void write_json(const std::string& path, const measure::Machine& machine,
                const std::vector<Row>& steps, const std::vector<Row>& limits,
                const std::vector<Experiment>& experiments) {
    std::string shown;
    for (const Experiment& one : experiments) {
        shown += (shown.empty() ? "\n  " : ",\n  ") + experiment(one);
    }
    measure::write_file(
        path,
        fmt::format("{{\"machine\": {},\n \"rounds\": {},\n \"steps\": {},\n \"limits\": {},\n "
                    "\"experiments\": [{}]}}\n",
                    as_json(machine), steps.front().values.size(), ladder_of(steps, true),
                    ladder_of(limits, false), shown));
}

}  // namespace ladder
