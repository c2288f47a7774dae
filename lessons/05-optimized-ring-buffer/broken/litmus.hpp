/// @file
/// Lesson 05, broken/lost_wakeup: how often two sides really miss each other.
#pragma once

#include <cstdint>
#include <string>

/// Who keeps a store and the load after it apart.
enum class Barrier {
    none,
    sleepers_fence,  ///< the sleeper executes a fence
    both_fences,     ///< both sides execute one
    membarrier       ///< the sleeper has the kernel make both execute one (man 2 membarrier)
};

/// What came of it.
struct Missed {
    std::uint64_t missed = 0;
    std::uint64_t tries = 0;  ///< fewer than asked for, where the time was up
    std::string refused;      ///< why this kernel has no such barrier; empty: it has
};

/// Lets two processes try, in lock step, on a core each if there are two: one publishes, then
/// looks whether the other sleeps; that one says that it sleeps, then looks whether something is
/// published. Counts how often neither saw what the other had stored.
Missed miss_each_other(Barrier barrier, std::uint64_t tries);
