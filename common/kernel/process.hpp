/// @file
/// Asking the kernel about processes: has one ended, and would it free its mutexes? Lessons 02, 03
/// and 06 use it.
#pragma once

#include <sys/types.h>  // pid_t

#include <chrono>

namespace shm {

/// Says whether process `pid` is certain to have ended. A zombie has (man 2 pidfd_open), although
/// kill(pid, 0) still succeeds. False says less: the kernel reuses numbers, and one that it shows
/// as 0 belongs to a process of another pid namespace, of which nothing is known here.
/// @param pid  a process's number, not a thread's
bool has_ended(pid_t pid);

/// Waits until process `pid` has ended, `at_most` that long, whatever signals come.
/// @returns has_ended(pid), as it was last seen
bool wait_until_ended(pid_t pid, std::chrono::milliseconds at_most);

/// Says whether the kernel knows the list of this thread's robust mutexes, to mark them when it
/// dies (man 2 get_robust_list). Emulators and filters of calls (seccomp) may lack it;
/// no call on a mutex fails then, and a killed owner's stays locked for ever.
bool has_robust_list();

}  // namespace shm
