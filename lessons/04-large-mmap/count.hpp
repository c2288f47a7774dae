/// @file
/// Lesson 04: how many processes are attached, counted by the kernel. Each holds a lock on an entry
/// of its own (common/memory/object_locks.hpp); how ever it ends, the kernel takes the lock back.
#pragma once

/// Returns how many processes are attached to the object behind `fd`, this one, which is, among
/// them. Asks, and changes nothing; costs two or three system calls for each.
///
/// @param fd  the object as this process has opened it, which no process has inherited
unsigned count_attached(int fd);
