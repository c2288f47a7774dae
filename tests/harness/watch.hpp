/// @file
/// Stops a process as soon as it has read or written certain bytes of an object that it maps: a
/// watchpoint of the processor, set by ptrace (man 2 ptrace). So a scene can change a number
/// between two looks.
#pragma once

#include "tests/harness/scene.hpp"

#include <sys/types.h>  // pid_t

#include <string>

namespace harness {

/// Says whether it is to be held by what is below, and not before a call.
bool is_watched(const Process& process);

/// Says whether some process of the scene is.
bool uses_watch(const Scene& scene);

/// Returns why no process can be held so here; "" if it can. Tried out in a child.
std::string why_not_watched();

/// Begins to trace the child `pid`: it stops when its first thread next touches one of the bytes
/// where it maps them now, at four places at most. Returns false, and does not trace it, if
/// it does not map them, or has ended. (A call in which it sleeps may end by EINTR, as by a signal
/// with a handler: epoll_wait, semop. man 7 signal has them all.)
/// @throws shm::SystemError
bool watch(pid_t pid, const Access& access);

/// Begins to trace the child `pid`, and stops it while it sleeps in a system call; one that never
/// sleeps, anywhere. So it has not yet asked what it asks next. Returns false if it has ended.
/// @throws shm::SystemError
bool stop_asleep(pid_t pid);

/// Takes a stop of a traced child, as waitpid reports it. Returns whether it has come to the bytes,
/// and stands still; from any other stop it is let go at once.
bool has_touched(pid_t pid, int status);

/// Has a traced child that stands still go on, and stop when it next touches one of these
/// bytes. Returns false, and leaves it as it is, if it does not map them.
/// @throws shm::SystemError
bool watch_on(pid_t pid, const Access& access);

/// Ends the trace of a child that stands still; it goes on.
void end_watch(pid_t pid);

/// Ends the trace of a child that runs.
void stop_watch(pid_t pid);

}  // namespace harness
