/// @file
/// Exercise 04.1: the layout that your program knows.
#pragma once

#include <atomic>
#include <cstdint>

constexpr char our_magic[8] = {'C', 'O', 'U', 'N', 'T', 'E', 'R', 'S'};
constexpr std::uint32_t our_version = 1;
constexpr std::uint32_t most_entries = 16;

struct Counters {
    char magic[8];                        // COUNTERS, without a zero behind it (our_magic)
    std::uint32_t version;                // the version of the layout: 1 (our_version)
    std::atomic<std::uint32_t> count;     // how many entries are in use, 16 at most (most_entries)
    std::uint32_t entries[most_entries];  // the entries; the rest is not in use
};
