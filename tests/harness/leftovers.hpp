/// @file
/// What a scene left behind: found, named, removed. Only what the scene made is ever touched.
#pragma once

#include "tests/harness/given.hpp"
#include "tests/harness/runner.hpp"

#include <sys/types.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace harness {

/// One object of this IPC namespace that lives until somebody removes it.
struct Object {
    enum class Type { segment, semaphores, queue, posix_queue, file };
    Type type = Type::segment;
    int id = -1;  ///< System V only, like the next
    key_t key = 0;
    pid_t creator = 0;  ///< segments only: the kernel keeps it for nothing else
    std::string name;   ///< a queue's with its slash; a file's name below /dev/shm
    std::string text;   ///< for a person

    /// One object, whatever happened to it meanwhile.
    bool operator<(const Object& other) const {
        return std::tie(type, id, name) < std::tie(other.type, other.id, other.name);
    }
};

/// Everything that is there now, in this process's namespaces.
///
/// @param all_queues  list POSIX queues also where no mqueue file system is mounted (that of the
///                    namespace is mounted aside for it; needs rights that a namespace of one's
///                    own gives)
/// @param names       POSIX queues that are looked for by name
std::set<Object> everything(bool all_queues, const std::vector<std::string>& names);

/// What is in `after`, was not in `before`, and was made by the scene: all of it if the namespaces
/// are its own; else what bears a given key or name, and what one of its processes created.
std::vector<Object> made_by_scene(const std::set<Object>& before, const std::set<Object>& after,
                                  bool own_namespaces, const Given& given,
                                  const std::set<pid_t>& pids);

/// The object as Result lists it.
Leftover describe(const Object& object);

/// Removes the object. Returns why that failed, or "".
std::string remove(const Object& object);

}  // namespace harness
