/// @file
/// Lesson 05, ladder: experiments that show the reasons. Each varies one thing and nothing else.
#pragma once

#include "turns.hpp"

#include <string>
#include <vector>

namespace ladder {

/// One thing varied.
struct Experiment {
    std::string reason;     ///< what it shows
    std::string what;       ///< what is done; what is varied are the rows
    std::string unit;       ///< what is counted, in millions a second
    std::vector<Row> rows;  ///< each is compared with the first
};

std::vector<Experiment> lines_that_change_hands();  ///< indices, and copies of them
std::vector<Experiment> places_in_the_queue();      ///< stores, and copies of messages
std::vector<Experiment> rings_that_differ();        ///< locks, registers, polling

/// Returns all of them, in the order of the steps that they explain.
std::vector<Experiment> experiments();

}  // namespace ladder
