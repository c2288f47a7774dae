/// @file
/// Lesson 03: three locks that can guard the critical section.
#pragma once

#include "table.hpp"

#include <chrono>
#include <memory>
#include <string>

/// The locks that --lock can name; the number lies in the segment.
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
    /// @returns whether this process holds it now
    virtual bool enter(std::chrono::nanoseconds at_most) = 0;
    /// Gives it back. Only who holds it may call this.
    virtual void leave() noexcept = 0;
    /// Says what becomes of the lock if its holder is killed, for a message to a person.
    virtual std::string when_holder_dies() const = 0;
};

/// Makes the lock itself ready. Only the first user calls it, before anybody else can.
/// @param sem_key  the semaphore set's key; a named POSIX semaphore takes its name from it
void create_lock(LockKind kind, Table& table, key_t sem_key);

/// Returns this process's access to a lock that create_lock() made.
std::unique_ptr<SectionLock> open_lock(LockKind kind, Table& table, int semid, key_t sem_key);

/// Removes what create_lock() made. Only the last user calls it.
void remove_lock(LockKind kind, key_t sem_key) noexcept;
