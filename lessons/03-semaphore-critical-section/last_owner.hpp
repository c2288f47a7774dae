/// @file
/// Lesson 03: a process that has been killed, and is not quite gone.
#pragma once

#include <sys/types.h>  // pid_t

/// Waits until process `pid` has ended, a second at the most.
///
/// A dying process first gives back its robust mutexes and its memory, and only then its System V
/// semaphores. Whoever is told by the mutex that its owner died may be quicker than that, and would
/// find the dead one still counted among the users. Returns at once if there is no such process;
/// should the number be another process's by now, the second is all that is lost.
void wait_until_ended(pid_t pid);
