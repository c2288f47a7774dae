/// @file
/// What the functions of common/kernel/reason.hpp look at, each without changing anything and
/// without throwing. For them alone.
#pragma once

#include "common/kernel/limits.hpp"

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shm::looking {

/// What /proc/sysvipc shows of a segment or a set, to everybody, whatever its mode.
struct Entry {
    key_t key = 0;               ///< 0: IPC_PRIVATE
    int id = -1;                 ///< as shmget() or semget() returned it
    unsigned mode = 0;           ///< as ls shows it: 0600
    std::size_t size = 0;        ///< a segment's bytes, a set's semaphores
    std::optional<pid_t> maker;  ///< kept for segments only
    uid_t uid = 0;               ///< whose it is
};

/// Which of the two tables.
enum class Kind { segment, set };

/// Returns the entry under `key`, or with `id`; none where there is none.
std::optional<Entry> entry_under(Kind kind, key_t key);
std::optional<Entry> entry_with_id(Kind kind, int id);  ///< likewise

/// Says whether the mode of a file lets this process do what is wanted; what security modules and
/// access control lists add to it is not looked at.
/// @param wanted  R_OK, W_OK and X_OK (man 2 access)
bool mode_allows(const struct stat& facts, int wanted);

/// Returns what else than the mode may have refused with EACCES, and how to see it.
/// @param path  the file; "" where it was none
std::string module_reason(const std::string& path);

constexpr unsigned reading = 4;  ///< the bits of one class of a mode
constexpr unsigned writing = 2;  ///< likewise

/// Returns why a segment or set was refused with EACCES: by its mode, or by what else says no.
/// @param whose   whose it is, as a sentence
/// @param wanted  reading, writing or both
/// @param cure    what to do where it is another user's
std::string refused_reason(const Entry& entry, const std::string& whose, unsigned wanted,
                           std::string_view cure);

/// Says whether `uid` is certain to be this process's: see strangers_look_like_us().
bool is_us(uid_t uid);

/// Returns a user as a message names one: "user root", "you".
std::string user_text(uid_t uid);

/// Says whether this process may remove the file from a folder where only owners may: its own, any
/// one from its own folder, or anybody's with CAP_FOWNER (man 2 unlink).
/// @param folder  whose the folder is
bool may_remove_file(const struct stat& facts, uid_t folder);

/// Says whether this process may remove the segment or set of `owner`: its own, or anybody's with
/// CAP_SYS_ADMIN over this IPC namespace (man 2 shmctl, IPC_RMID).
bool may_remove_ipc(uid_t owner);

/// Returns what is wrong about a full limit, and how to raise it.
std::string raise_text(const Limit& limit);

/// Returns a reason if no address space has so many bytes, else "".
std::string too_large_reason(std::size_t size);

/// Returns why so many bytes could not be mapped: too many for any address space, RLIMIT_AS, or too
/// many mappings; else "".
std::string address_space_reason(std::size_t size);

/// Returns a reason if the machine has not so much memory, swap and all, else "".
std::string memory_reason(std::size_t size);

/// Returns a reason if this process may have no more mappings, else what else it may be.
std::string mappings_reason_or(std::string_view otherwise);

/// Returns why a process may open no more files, or the system has no more.
std::string too_many_files(int error);

}  // namespace shm::looking
