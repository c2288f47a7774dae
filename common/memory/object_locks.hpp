/// @file
/// The locks of an object that any number of processes share: one process at a time attaches or
/// detaches, and the kernel knows who is attached. Lesson 04 teaches it.
///
/// All are open file description locks on bytes of the object (man 2 fcntl), as in lesson 01: they
/// end with the process that holds them, however it ends, and to ask for one changes nothing. Byte
/// 1, the attach lock: its holder may attach, detach and remove the name. Byte 2^30 + N,
/// entry N: a process is attached. A lock needs no byte that exists; below 2^31 programs of 32 bits
/// can name them, too. A program in another language takes the same bytes.
///
/// A child of fork has its parent's descriptor, and with it the same locks: it leaves them alone.
/// They last as long as it has the descriptor or the mapping.
#pragma once

#include "common/program/stop.hpp"

#include <fcntl.h>  // struct flock

#include <string>

namespace shm {

/// How many processes can be attached to an object at once.
constexpr unsigned entry_count = 1024;
/// The byte of entry 0.
constexpr off_t first_entry = off_t{1} << 30;

/// Takes the attach lock; tries once a millisecond while another process has it.
/// @param name  the object's name; after a moment of waiting it says for what
/// @returns false, and the lock is not taken, if it had to wait, and the name no longer leads to
///          the object: then no process can come to it by that name
/// @throws Failure if the deadline passes; Stopped if a signal asks this program to end
[[nodiscard]] bool take_attach_lock(int fd, const std::string& name, const Deadline& deadline);

/// The same on the way out, when a stop signal may have come already, and must not keep this
/// process from detaching well. Waits 5 seconds at most: a process that attaches while another is
/// attached holds the lock for moments.
/// @throws Failure if another process keeps it
void take_attach_lock_to_detach(int fd, const std::string& name);

/// Gives the attach lock back, so that the next process can have it. Does nothing where it is not
/// held.
void release_attach_lock(int fd) noexcept;

/// Takes the first entry that is free, until release_entry(), or until `fd`, its copies and its
/// mappings are gone. The caller has the attach lock.
/// @returns its number
/// @throws Failure if all are held
unsigned hold_free_entry(int fd, const std::string& name);

/// Gives the entry back. Returns whether the kernel did it; if not, it does when this process ends.
bool release_entry(int fd, unsigned entry) noexcept;

/// Says whether a process that has opened the object by itself is attached; this one does not
/// count. Asks, and takes nothing; any process may, with a read-only descriptor, too.
bool is_attached_by_others(int fd);

/// Returns one lock that another open file description has on entries from `begin` to before
/// `end`; where there are several, any of them. Its l_type is F_UNLCK if there is none.
struct ::flock lock_on_entries(int fd, unsigned begin, unsigned end);

}  // namespace shm
