/// @file
/// The rules for the names of POSIX objects. Lesson 01 teaches them.
#pragma once

#include <string_view>

namespace shm {

/// Throws UsageError unless `name` is one that `shm_open` takes on Linux: a slash, then 1 to 255
/// characters, none of them a slash (man 3 shm_open). Elsewhere it may have to be shorter: macOS
/// takes 31 characters, the slash included. Refused as well, though Linux would take them: a name
/// without the slash (not portable), `/.` and `/..` (directories), and names beginning `/sem.`,
/// which are the files of named semaphores (man 7 sem_overview).
void require_object_name(std::string_view name);

}  // namespace shm
