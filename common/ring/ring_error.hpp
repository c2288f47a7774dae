// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// What the ring throws; lesson 05.
#pragma once

#include <stdexcept>
#include <string>

namespace shm {

/// The memory holds no such ring, or what no correct peer would have written. what() says which.
struct RingError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// @cond  What a ring consists of; not for users.
namespace ring {

[[noreturn, gnu::noinline]] inline void fail(const char* what, const std::string& more = {}) {
    throw RingError("the ring " + (what + more));
}

}  // namespace ring
/// @endcond

}  // namespace shm
