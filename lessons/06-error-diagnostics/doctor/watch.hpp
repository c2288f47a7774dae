/// @file
/// Looking again every second.
#pragma once

#include <string>
#include <vector>

namespace doctor {

/// Shows the table every second, until a signal ends it: on a terminal in place, its screen
/// restored at the end; elsewhere one block after the other.
/// @param names  as report() takes it; what is gone meanwhile is said and is no error
/// @throws UsageError if one of them may mean several things at the first look
[[noreturn]] void watch(const std::vector<std::string>& names);

}  // namespace doctor
