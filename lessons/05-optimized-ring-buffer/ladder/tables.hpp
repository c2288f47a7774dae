/// @file
/// Lesson 05, ladder: its output for people.
#pragma once

#include "turns.hpp"
#include "why.hpp"

#include <string>
#include <vector>

namespace ladder {

/// Returns three digits of a number of messages per second, in millions: "1530", "79.1", "6.42".
std::string millions(double per_second);

/// Says the steps, each against the one before, between the limits.
void say_ladder(const std::vector<Row>& steps, const std::vector<Row>& limits);

/// Says what comes now.
void say_why_begins();

/// Says what an experiment gave, each row against the first.
void say_why(const Experiment& experiment);

/// Says lines no longer than 100 columns: `head`, which is 50 columns wide, and beside it `text`,
/// on as many lines as it takes.
void say_beside(const std::string& head, const std::string& text);

}  // namespace ladder
