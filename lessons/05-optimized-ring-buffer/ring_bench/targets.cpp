#include "targets.hpp"

#include <bit>

namespace ring_bench {

using measure::ratios;

namespace {

/// Returns how many times as fast as the fastest peer ours wants to be.
double target(const Cell& cell, const std::string& api) {
    if (!has_grid_size(cell)) return 0;
    if (cell.kind == Kind::round_trip) return 1;
    if (api != "single") return 1.2;
    if (cell.what != Case::steady) return 0;
    return cell.bytes == 4 ? 3 : cell.bytes == 8 ? 2.5 : cell.bytes == 16 ? 1.6 : 1;
}

}  // namespace

Comparison against_peers(const Cell& cell, const std::string& api) {
    Comparison result;
    for (const Entry& peer : cell.entries) {
        if (peer.ring.package.empty()) continue;
        if (api == "single" && peer.api != api) continue;  // several at once is another task
        const bool in_threads = peer.ring.between == Between::threads && api == "single";
        const Entry* ours = cell.find(in_threads ? "ours (threads)" : "ours", api);
        if (ours == nullptr) continue;
        const Summary ratio = cell.kind == Kind::stream ? ratios(ours->values, peer.values)
                                                        : ratios(peer.values, ours->values);
        if (!result.peer.empty() && ratio.median >= result.ratio.median) continue;
        result = {.peer = peer.ring.name, .ratio = ratio, .target = target(cell, api)};
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
