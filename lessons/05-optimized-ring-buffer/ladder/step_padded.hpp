/// @file
/// Lesson 05, ladder, step 4: a cache line for each index. A side that writes its own no longer
/// takes the other's away; but each still reads the other's at every call.
#pragma once

#include "step_atomic.hpp"

namespace ladder {

//! [padded indices]
using PaddedRing = IndexRing<line>;
//! [padded indices]

}  // namespace ladder
