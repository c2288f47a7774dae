/// @file
/// Exercise 04.1: the layout that your program knows.
#pragma once

#include <cstddef>  // offsetof
#include <cstdint>

constexpr char our_magic[8] = {'C', 'O', 'U', 'N', 'T', 'E', 'R', 'S'};
constexpr std::uint32_t our_version = 1;
constexpr std::uint32_t most_entries = 16;

struct Counters {
    char magic[8];                        // our_magic
    std::uint32_t version;                // our_version
    std::uint32_t count;                  // how many entries are in use, most_entries at most
    std::uint32_t entries[most_entries];  // the rest is not in use
};

// What task.md says of the layout.
static_assert(offsetof(Counters, version) == 8 && offsetof(Counters, count) == 12);
static_assert(offsetof(Counters, entries) == 16 && sizeof(Counters) == 80);
