/// @file
/// What the objects behind descriptors, ids and addresses are called, for a message about a call
/// that failed. The wrappers of common/kernel/checked.hpp fill it and ask it; for them alone.
///
/// It is private to this process: a table in memory, behind a mutex; any thread may call.
#pragma once

#include <sys/types.h>  // key_t

#include <cstddef>
#include <string>

namespace shm::object_names {

/// What has an id: a System V segment, or a set of semaphores.
enum class Kind { segment, set };

/// Remembers the name of what is behind `fd`, by its device and inode.
void remember_object(int fd, const std::string& name);

/// Returns what `fd` is open on, as a person would call it: "/my_shared_memory" for an object in
/// /dev/shm, also after it has lost that name.
std::string of_descriptor(int fd);

/// Remembers the key under which a segment or a set was found or made.
void remember_key(Kind kind, int id, key_t key);

/// Returns "segment 7 (key 0x00003039)" or "semaphore set 7 (...)"; without the key where none is
/// known.
std::string of_id(Kind kind, int id);

/// Remembers what `size` bytes from `memory` on belong to. What was remembered of these addresses
/// is forgotten.
void remember_mapping(const void* memory, std::size_t size, const std::string& object);

/// What was forgotten, for remember_again().
struct Forgotten {
    const void* memory = nullptr;  ///< where it begins
    std::size_t size = 0;          ///< 0: nothing was forgotten
    std::string object;            ///< what lies there
};

/// Forgets what begins at `memory`. Called before that is unmapped: afterwards another thread may
/// have been given the same addresses.
[[nodiscard]] Forgotten forget_mapping(const void* memory);

/// Takes that back, where it was not unmapped after all.
void remember_again(const Forgotten& forgotten);

/// Returns what lies at `memory`, or "address 0x7f…".
std::string of_address(const void* memory);

}  // namespace shm::object_names
