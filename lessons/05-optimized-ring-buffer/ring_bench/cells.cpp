#include "cells.hpp"

#include <algorithm>

namespace ring_bench {

bool is_limit(const Contestant& ring) {
    return ring.name == "bulk" || ring.name == "line" || ring.name == "alone";
}

Distance distance(const Line& line) {
    if (line.before <= most_near_ns && line.after <= most_near_ns) return Distance::near;
    if (line.before > most_near_ns && line.after > most_near_ns) return Distance::far;
    return Distance::changing;
}

const Entry* Cell::find(const std::string& ring, const std::string& api) const {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
        return entry.ring.name == ring && entry.api == api;
    });
    return found == entries.end() ? nullptr : &*found;
}

}  // namespace ring_bench
