/// @file
/// Lesson 05, ring_bench: the grid that is measured, and how its rings take turns.
#pragma once

#include "task.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ring_bench {

/// What is measured of a ring.
enum class Kind { stream, round_trip };

/// How far from each other the two processors were in a round: on a virtual machine this depends on
/// where the host runs them, and changes from minute to minute.
enum class Distance { near, far, changing };

/// What a cache line took there and back, in nanoseconds, around a cell's runs in one round.
struct Line {
    double before = 0;
    double after = 0;
};

/// Processors that share a cache take 100 to 130 ns here, others 430 to 650.
constexpr double most_near_ns = 250;

/// Returns how far apart the processors were between these two.
Distance distance(const Line& line);

/// How a ring is run while the processors are so far apart.
struct Tuned {
    Task task;
    double best_seconds = 0;  ///< what a message took in the trials of the best pause
};

/// A ring in a cell: how it is run, and what came out.
struct Entry {
    Contestant ring;
    std::string api;                  ///< "single", "span64", "span256"
    Task task;                        ///< what does not change from round to round
    std::map<Distance, Tuned> tuned;  ///< what the trials found for each distance so far
    std::vector<double>
        values;  ///< a round each: messages (bulk: bytes) per second, or nanoseconds
};

/// Says whether that is not a ring, but what the machine can do.
bool is_limit(const Contestant& ring);

/// What is measured in turn: rings that do the same with the same messages.
struct Cell {
    Kind kind = Kind::stream;
    std::size_t bytes = 0;
    std::size_t capacity = 0;
    Case what = Case::steady;
    std::vector<Entry> entries;
    std::vector<Line> lines;  ///< a round each

    /// Returns the entry of that ring and api; null where it does not take part.
    const Entry* find(const std::string& ring, const std::string& api = "single") const;
};

/// What the command line asks for.
struct Plan {
    std::string only;            ///< one ring's name; empty: all
    std::uint64_t bytes = 0;     ///< one size; 0: all
    std::uint64_t messages = 0;  ///< in each run; 0: as many as fit into run_seconds
    std::uint64_t rounds = 0;    ///< at most
    double seconds = 0;          ///< no further round is begun that would last beyond them
    double run_seconds = 0;
    double trial_seconds = 0;  ///< for finding out which pause is best
    std::uint64_t trials = 0;  ///< how many times each pause is tried
    Cpus cpus;
};

/// Returns the grid, and who takes part in which cell.
std::vector<Cell> grid(const Plan& plan);

/// Finds out for each ring in each cell which pause suits it, and how many messages fill a run;
/// then measures all of them, round after round, and adds a value to each entry in each.
/// @throws Stopped when a signal asks for it; what was measured by then is in `cells`
void measure_cells(const Plan& plan, std::vector<Cell>& cells);

}  // namespace ring_bench
