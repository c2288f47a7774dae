/// @file
/// Lesson 03: what a robust mutex needs to be one.
#pragma once

#include "section_lock.hpp"

#include <cstdint>

/// Says on standard error, where that is so, that a mutex of a killed worker stays locked here,
/// since the kernel keeps no list of this process's robust mutexes. Called at the start.
void note_missing_robust_list(LockKind kind);

/// Makes sure that a lock of that kind works between this process and others of pid namespace
/// `theirs`. The kernel and the C library know a mutex's owner by its number, which another
/// namespace may give to another process: one that dies as it waits would free the mutex.
/// @param theirs  as pid_namespace() gives it; 0: not known
/// @throws shm::Failure if it does not, or if this process cannot find its own out
void require_pid_namespace(LockKind kind, std::uint64_t theirs);
