/// @file
/// What the reasons of System V segments and of semaphore sets have in common. For
/// common/kernel/reason_system_v.cpp and reason_semaphore.cpp alone.
#pragma once

#include "common/kernel/reason_looking.hpp"

#include <sys/types.h>  // key_t

#include <optional>
#include <string>

namespace shm::system_v {

/// Returns whose it is, as a reason why it may not be used.
std::string whose(looking::Kind kind, const looking::Entry& entry);

/// Returns the cure for what is left over under `key`.
std::string remove_by_key(looking::Kind kind, key_t key);

/// Returns what shmget and semget have in common: the key is taken, free, or another account's.
std::string why_key(int error, looking::Kind kind, const std::optional<looking::Entry>& entry,
                    key_t key, int flags);

/// Why IPC_SET is EINVAL, for either (man 2 shmctl, man 7 user_namespaces).
inline constexpr const char* unmapped_owner =
    "its new owner or group is none that this user namespace maps; see: cat /proc/self/uid_map "
    "/proc/self/gid_map";

/// Returns what the calls with an id have in common: there is no such id, or it is another
/// account's.
/// @param wanted  looking::reading, looking::writing or both
std::string why_id(int error, looking::Kind kind, const std::optional<looking::Entry>& entry,
                   unsigned wanted = looking::reading);

}  // namespace shm::system_v
