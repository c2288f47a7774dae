/// @file
/// A report for people.
#pragma once

#include "look.hpp"

namespace doctor {

/// Returns the report as lines of at most shm::line_width columns; what is longer than its column
/// goes on below. Only a command, which is to be copied, may be longer.
std::vector<std::string> table(const Report& report);

/// Returns what table() begins with: the things, and who has them.
std::vector<std::string> object_lines(const Report& report);

/// Returns what table() ends with: what is wrong, and what could not be seen.
std::vector<std::string> finding_lines(const Report& report);

/// Returns the limits as lines, and how near each is.
std::vector<std::string> limit_lines(const std::vector<shm::Limit>& limits);

}  // namespace doctor
