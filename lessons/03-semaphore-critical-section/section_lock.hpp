/// @file
/// Lesson 03: three locks that can guard the critical section.
#pragma once

#include "table.hpp"

#include <chrono>
#include <memory>
#include <string>

/// The locks that --lock can name (worker.cpp has their words); the number lies in the segment.
enum LockKind : std::uint32_t { lock_sysv = 1, lock_posix = 2, lock_mutex = 3 };

/// A lock that works between processes. One object for each process; the lock itself lies in the
/// kernel or in shared memory.
class SectionLock {
public:
    SectionLock() = default;
    SectionLock(const SectionLock&) = delete;
    SectionLock& operator=(const SectionLock&) = delete;
    virtual ~SectionLock() = default;

    /// Waits for the lock, `at_most` that long (0: not at all). A signal may end the wait early.
    /// The process that gets the mutex of a dead one waits in addition, 1 s at most, until the
    /// kernel counts the dead one no more.
    /// @returns whether this process holds it now
    [[nodiscard]] virtual bool enter(std::chrono::nanoseconds at_most) = 0;
    /// Frees it for the next process. Only its holder may call this.
    /// @throws shm::SystemError if that failed: it is as if its holder had died
    virtual void leave() = 0;
    /// Says what becomes of the lock if its holder is killed, for a message to a person.
    virtual std::string when_holder_dies() const = 0;
};

/// Initialises the lock, where it lies in the table. Only the first process calls it, before any
/// other can see the table.
void create_lock(LockKind kind, Table& table);

/// Returns this process's access to the lock: in `table`, or, for lock_sysv, in the set `semid`.
std::unique_ptr<SectionLock> open_lock(LockKind kind, Table& table, int semid);
