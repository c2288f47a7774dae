/// @file
/// Lesson 01, "When the writer is killed": is an object in use, or left behind by a dead process?
#pragma once

#include <string>

/// Says whether another process has the object behind `fd` open for writing, or mapped from such a
/// descriptor: a live writer has, until it ends, whichever way it ends.
///
/// @param fd    a descriptor of one's own object, opened O_RDONLY
/// @param name  the object's name, for error messages
bool has_live_writer(int fd, const std::string& name);

/// Says whether to try again after shm_open(O_CREAT | O_EXCL): it found the name taken, by a writer
/// that was killed, and the name is free now. Anything else that went wrong is the caller's.
///
/// @param fd    what shm_open() returned, with errno as it stood then
/// @param name  the object's name
/// @throws shm::Failure if a live process has the object open or mapped, if it belongs to another
///         user, or if it holds another program's data: it is then left as it is
bool was_taken_by_the_dead(int fd, const std::string& name);
