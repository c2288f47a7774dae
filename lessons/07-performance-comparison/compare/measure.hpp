/// @file
/// Lesson 07, compare: what is measured of each mechanism, in rounds, in shuffled order.
#pragma once

#include "mechanism.hpp"

#include "common/measure/machine.hpp"
#include "common/measure/pair.hpp"
#include "common/measure/statistics.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace comparison {

/// What is to be measured.
struct Plan {
    std::vector<std::string> only;   ///< names of mechanisms; empty: all
    std::vector<std::size_t> sizes;  ///< bytes of a message
    std::vector<unsigned> cores;     ///< 2: a core each; 1: both on one
    std::uint64_t rounds = 5;        ///< each row so many times
    std::uint64_t messages = 0;      ///< in each run; 0: as many as take `seconds`
    double seconds = 0.1;            ///< of a run, about
    bool counts_all = true;          ///< system calls, by runs under strace; else see is_counted()
    std::uint64_t seed = 1;          ///< of the order
};

/// What one round found, per message or per round trip.
struct Sample {
    double p50_ns = 0;          ///< round trip, message and answer of that size
    double messages_per_s = 0;  ///< one way, without answers
    double switches = 0;        ///< sleeps (voluntary switches) of both sides, per round trip
    double cpu_ns = 0;          ///< processor time of both sides, per round trip
};

/// A row of the table.
struct Row {
    const Mechanism* mechanism;
    std::size_t bytes;
    unsigned cores;
    std::vector<Sample> samples;       ///< one for each round
    std::vector<std::uint32_t> trips;  ///< each round trip of all rounds, in ns
    std::optional<double> calls = {};  ///< system calls of both sides per round trip, if counted
    std::string skipped = {};          ///< why there are none
};

/// Returns where one figure of a row's rounds lies. It must have been measured.
measure::Summary summary_of(const Row& row, double Sample::*figure);

/// Returns what this part of a row's round trips does not exceed, in ns; none where there are too
/// few of them to say: for 0.999 it takes a thousand.
std::optional<double> percentile(const Row& row, double part);

/// Returns the rows of a plan, none measured yet.
std::vector<Row> rows_of(const Plan& plan, const std::vector<Mechanism>& mechanisms);

/// Says whether a row's system calls are to be counted. Where there is no time for all, a message
/// that is large, or a side that spins on the other's core, would take most of it.
bool is_counted(const Plan& plan, const Row& row);

/// Measures them all.
/// @throws Stopped on Ctrl-C: the rows then have the samples that there are
/// @throws Failure if a payload did not arrive as it was sent
void measure_rows(const Plan& plan, const measure::Machine& machine, std::vector<Row>& rows);

/// Returns where the two sides run: on two cores of the machine, or both on one.
measure::Cpus on_cores(const measure::Machine& machine, unsigned cores);

/// Sends `messages` and their answers, and nothing else: what strace counts.
void ping_only(const Mechanism& mechanism, std::size_t bytes, std::uint64_t messages,
               const measure::Cpus& cpus);

/// Returns the system calls of both sides per round trip; none where strace is not to be had.
std::optional<double> count_calls(const Row& row);

}  // namespace comparison
