#include "json.hpp"

#include "common/measure/record.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace comparison {

namespace {

using measure::rounded;
using nlohmann::ordered_json;

/// Returns whole nanoseconds; null where there were too few round trips to say.
ordered_json whole_or_null(std::optional<double> ns) {
    if (!ns) return nullptr;
    return std::llround(*ns);
}

/// Returns why there is nothing; null where there is something.
ordered_json reason_or_null(const Row& row) {
    if (!row.samples.empty()) return nullptr;
    return row.skipped.empty() ? "not measured" : row.skipped;
}

ordered_json row(const Row& row) {
    const auto figure = [&](double Sample::*which, double times = 1) -> ordered_json {
        if (row.samples.empty()) return nullptr;
        return rounded(summary_of(row, which).median * times, 6);
    };
    const auto bytes = static_cast<double>(row.bytes);
    ordered_json made = {{"mechanism", row.mechanism->name},
                         {"message_bytes", row.bytes},
                         {"cores", row.cores},
                         {"p50_ns", figure(&Sample::p50_ns)},
                         {"p99_ns", whole_or_null(percentile(row, 0.99))},
                         {"p999_ns", whole_or_null(percentile(row, 0.999))},
                         {"spread", nullptr},
                         {"messages_per_s", figure(&Sample::messages_per_s)},
                         {"bytes_per_s", figure(&Sample::messages_per_s, bytes)},
                         {"syscalls_per_message", nullptr},
                         {"copies_per_message", row.mechanism->copies},
                         {"switches_per_round_trip", figure(&Sample::switches)},
                         {"cpu_ns_per_round_trip", figure(&Sample::cpu_ns)},
                         {"rounds", row.samples.size()},
                         {"round_trips", row.trips.size()},
                         {"skipped", reason_or_null(row)}};
    if (!row.samples.empty()) made["spread"] = rounded(summary_of(row, &Sample::p50_ns).spread, 4);
    if (row.calls) made["syscalls_per_message"] = rounded(*row.calls / 2, 4);
    return made;
}

}  // namespace

ordered_json record(const measure::Machine& machine, const std::vector<Row>& rows) {
    auto list = ordered_json::array();
    for (const Row& each : rows) list.push_back(row(each));
    return {{"machine", as_json(machine)}, {"rows", list}};
}

}  // namespace comparison
