/// @file
/// Lesson 03: a process that has been killed, and is not quite gone.
#pragma once

#include <sys/types.h>  // pid_t

/// Waits until process `pid` has ended, a second at the most.
///
/// When a process dies, the kernel first frees its robust mutexes and its memory, and only then
/// undoes its changes to System V semaphores. The process that the mutex tells of the death may be
/// quicker than that, and would find the dead one still counted as attached. Returns at once if
/// there is no such process; should the number be another process's by now, the second is all that
/// is lost.
void wait_until_ended(pid_t pid);
