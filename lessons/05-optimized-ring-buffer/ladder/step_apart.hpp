/// @file
/// Lesson 05, ladder, step 6: 128 bytes from one side's line to the other's. Many processors fetch
/// lines in pairs, so that the neighbour of a line that is asked for comes along, and is taken from
/// the side that is writing it.
#pragma once

#include "step_cached.hpp"

namespace ladder {

//! [apart indices]
using ApartRing = CachedRing<2 * line>;
//! [apart indices]

}  // namespace ladder
