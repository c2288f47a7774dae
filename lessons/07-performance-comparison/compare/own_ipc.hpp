/// @file
/// Lesson 07, compare: an IPC namespace of its own, in which queues may be as large as wanted, and
/// from which nothing is left.
#pragma once

#include <string>

namespace comparison {

/// Moves this process, and what it starts from here on, into an IPC namespace of its own, and
/// raises the limits on queues there, as far as they may be.
/// @returns why it was refused, or ""
std::string enter_own_ipc();

/// Says whether this process is there.
bool has_own_ipc();

}  // namespace comparison
