/// @file
/// Lesson 03: System V semaphores: several changes as one step, waited for with a deadline.
#pragma once

#include "common/kernel/checked.hpp"
#include "common/program/stop.hpp"

#include <sys/sem.h>  // sembuf, SEM_UNDO, GETVAL

#include <cerrno>
#include <chrono>
#include <initializer_list>
#include <string>

//! [semaphore set]
/// The set that all workers share, and what each of its semaphores counts.
namespace semaphore {
enum : unsigned short {
    entry,        // 1: no worker is arriving or leaving. 0: one is
    attached,     // how many workers there are
    initialised,  // 0: new. set_magic: a worker has made the first step
    section,      // 1: the critical section is free. 0: a worker is inside
    in_set,       // how many these are
};
}  // namespace semaphore
inline constexpr short set_magic = 21333;  // not 1: another program's set is likely to hold 1s
//! [semaphore set]

/// What the kernel answers about a set or a segment that another process has removed: EIDRM to one
/// that slept in a call meanwhile, EINVAL to one that calls afterwards.
inline constexpr checked::Allowed already_removed = checked::allow(EINVAL, EIDRM);

/// Makes sure that the set belongs to this account, and is of our size.
///
/// @param set  how to call it in a message
/// @returns false if it has been removed since semget() found it
/// @throws shm::Failure if it is another account's or another program's
[[nodiscard]] bool check_owner_and_size(int semid, const std::string& set);

/// Makes sure that the set has been initialised as ours are.
/// @returns false if it has been removed since semget() found it
/// @throws shm::Failure if it is another program's
[[nodiscard]] bool check_magic(int semid, const std::string& set);

/// What became of a change of semaphores.
enum class Outcome {
    done,     ///< all of it has been made
    busy,     ///< none: it could not be made in time, or a signal came first (not with 0)
    removed,  ///< none: there is no such set any more
};

/// Makes all the changes at once, or none: waits until all of them can be made.
///
/// @param semid    the set's id, as semget() returned it
/// @param changes  number, change, flags for each, as semop() takes them (man 2 semop)
/// @param at_most  how long to wait; 0: not at all
/// @throws shm::SystemError for any other failure
Outcome change_semaphores(int semid, std::initializer_list<sembuf> changes,
                          std::chrono::nanoseconds at_most);
