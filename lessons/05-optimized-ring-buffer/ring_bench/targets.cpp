#include "targets.hpp"

#include <algorithm>
#include <bit>

namespace ring_bench {

using measure::ratios;

namespace {

/// Returns how many times as fast as the fastest peer ours wants to be.
double target(const Cell& cell, const std::string& api) {
    if (!has_grid_size(cell)) return 0;
    if (cell.kind == Kind::round_trip) return 1;
    if (api != "single") return 1.2;
    if (cell.what != Case::steady) return 1;
    return cell.bytes == 4 ? 3 : cell.bytes == 8 ? 2.5 : cell.bytes == 16 ? 1.6 : 1;
}

}  // namespace

std::vector<double> values(const Cell& cell, const Entry& entry, std::optional<Distance> where) {
    if (!where) return entry.values;
    std::vector<double> found;
    for (std::size_t i = 0; i < std::min(entry.values.size(), cell.lines.size()); ++i) {
        if (distance(cell.lines[i]) == *where) found.push_back(entry.values[i]);
    }
    return found;
}

Comparison against_peers(const Cell& cell, const std::string& api, std::optional<Distance> where) {
    Comparison result;
    for (const Entry& peer : cell.entries) {
        if (peer.ring.package.empty()) continue;
        if (api == "single" && peer.api != api) continue;  // several at once is another task
        const bool in_threads = peer.ring.between == Between::threads && api == "single";
        const Entry* ours = cell.find(in_threads ? "ours (threads)" : "ours", api);
        if (ours == nullptr) continue;
        const std::vector<double> us = values(cell, *ours, where), it = values(cell, peer, where);
        if (us.empty() || it.empty()) continue;
        const Summary ratio = cell.kind == Kind::stream ? ratios(us, it) : ratios(it, us);
        if (!result.peer.empty() && ratio.median >= result.ratio.median) continue;
        result = {.peer = peer.ring.name,
                  .ratio = ratio,
                  .target = target(cell, api),
                  .rounds = std::min(us.size(), it.size())};
    }
    return result;
}

Summary against_limit(const Cell& cell, const std::string& api) {
    const Entry* ours = cell.find("ours", api);
    const Entry* limit = cell.find(cell.kind == Kind::stream ? "bulk" : "line");
    if (ours == nullptr || limit == nullptr) return {};
    Summary part = ratios(ours->values, limit->values);
    if (cell.kind == Kind::stream) {  // messages to bytes
        for (double* value : {&part.median, &part.least, &part.most}) {
            *value *= static_cast<double>(cell.bytes);
        }
    }
    return part;
}

double target_of_limit(const Cell& cell) {
    if (cell.kind == Kind::round_trip) return cell.bytes <= 48 ? 1 : 0;
    return cell.bytes == 4 ? 0.6 : cell.bytes >= 64 ? 0.8 : 0;
}

bool has_grid_size(const Cell& cell) {
    return std::has_single_bit(cell.bytes);
}

}  // namespace ring_bench
