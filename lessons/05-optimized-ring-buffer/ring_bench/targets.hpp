/// @file
/// Lesson 05, ring_bench: what a cell comes to, and whether that is what we want.
#pragma once

#include "cells.hpp"

#include "common/measure/statistics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ring_bench {

using measure::Summary;

/// Ours against the peer that was fastest in a cell.
struct Comparison {
    std::string peer;   ///< empty: no peer took part
    Summary ratio;      ///< above 1: ours is so many times as fast
    double target = 0;  ///< at least; 0: none
    bool met() const { return ratio.median >= target; }
    std::size_t rounds = 0;  ///< of which the ratio is
};

/// Returns the entry's values of the rounds in which the processors were so far apart; none: of
/// all.
std::vector<double> values(const Cell& cell, const Entry& entry, std::optional<Distance> where);

/// Returns ours against the fastest peer, from rounds in which both ran one after the other. A peer
/// that runs between threads is compared with ours between threads.
/// @param api  of ours. Where that is spans, a peer does what it is faster by: its call for many
///             messages, where it has one (Boost.Lockfree), or one message a call
/// @param where  of the rounds only in which the processors were so far apart; none: of all
Comparison against_peers(const Cell& cell, const std::string& api = "single",
                         std::optional<Distance> where = std::nullopt);

/// Returns ours as a part of the limit in the same cell: bytes per second of what whole blocks
/// reach, or the round trip in units of two bare lines. 0 where one of both did not run.
Summary against_limit(const Cell& cell, const std::string& api = "single");

/// Returns what against_limit() should come to: at least, or for a round trip at most; 0: no
/// target.
double target_of_limit(const Cell& cell);

/// Says whether the messages are of a size that counts: the other ones are there lest we tune for
/// those that do.
bool has_grid_size(const Cell& cell);

}  // namespace ring_bench
