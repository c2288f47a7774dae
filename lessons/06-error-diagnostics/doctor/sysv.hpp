/// @file
/// The System V things of this IPC namespace.
#pragma once

#include "object.hpp"

namespace doctor {

/// Of a set that has more, doctor does not ask each semaphore: it may have 32,000, and each takes
/// three calls.
constexpr std::uint64_t most_semaphores = 1024;

/// Adds every segment, semaphore set and message queue, also those that may not be read
/// (man 5 proc_sysvipc).
void add_system_v(Sight& sight);

/// Reads one record again, for a caller that is about to act on it; `object` keeps its users.
/// @returns false if it is gone
bool read_again(Object& object);

/// Returns what is known of a process that did something in the past.
Past past_process(pid_t pid);

}  // namespace doctor
