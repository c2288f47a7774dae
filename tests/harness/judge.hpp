/// @file
/// Whether a scene that was played went as it is written, and if not, what was different.
#pragma once

#include "tests/harness/play.hpp"

#include <string>
#include <vector>

namespace harness {

/// Returns what went otherwise than written, each as a paragraph for a person; empty: nothing.
/// What was left behind is part of it, as far as it was not meant to be.
std::vector<std::string> judge(const Scene& scene, const Play& play,
                               const std::vector<Leftover>& left);

/// Returns what was not tried, since a learner's program never did what the scene waited for, for a
/// person; "" if all was. Only of a scene that went as written.
std::string not_tried(const Play& play);

/// Returns what all processes printed, in the order of time, as the last part of a report.
std::string transcript(const std::vector<Moment>& moments);

}  // namespace harness
