/// @file
/// Lesson 03: System V semaphores: several changes as one step, waited for with a deadline.
#pragma once

#include "common/program/stop.hpp"

#include <sys/sem.h>  // sembuf, semtimedop

#include <chrono>
#include <initializer_list>
#include <string>

//! [semaphore set]
/// The set that all workers share, and what each of its semaphores counts.
enum Semaphore : unsigned short {
    gate,         // 1: nobody is arriving or leaving. 0: somebody is
    users,        // how many workers there are
    initialised,  // 0: new. init_mark: somebody has done the first step
    section,      // 1: the critical section is free. 0: a worker is inside
    semaphores_in_set,
};
inline constexpr short init_mark = 21333;  // not 1: another program's set is likely to hold 1s
//! [semaphore set]

/// Says whether the set is there: this user's, and of our size. False if it has been removed since.
///
/// @param set  how to call it in a message
/// @throws shm::Failure if it belongs to another user, or is another program's
bool is_our_set(int semid, const std::string& set);

/// Says whether the set has been initialised as ours are. False if it has been removed since.
/// @throws shm::Failure if it has not: then it is another program's
bool is_marked(int semid, const std::string& set);

enum class Outcome { done, busy, removed };

/// Makes all the changes at once, or none: waits until all of them can be made.
///
/// @param semid    the set's id, as semget() returned it
/// @param changes  number, change, flags for each, as semop() takes them (man 2 semop)
/// @param at_most  how long to wait; 0: not at all
/// @returns done; busy if they could not be made in time, or a signal came first; removed if there
///          is no such set any more
/// @throws shm::SystemError for any other failure
Outcome change_semaphores(int semid, std::initializer_list<sembuf> changes,
                          std::chrono::nanoseconds at_most);
