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

/// Frees a name that a writer left behind when it was killed.
///
/// @param name  an object's name that shm_open(O_CREAT | O_EXCL) found taken
/// @throws shm::Failure if a live process has the object open or mapped, if it belongs to another
///         user, or if it holds another program's data: it is then left as it is
void free_name_of_the_dead(const std::string& name);
