/// @file
/// Lesson 03: arriving and leaving, so that the first one in creates and the last one out removes,
/// whoever is killed in between.
#pragma once

#include "section_lock.hpp"
#include "table.hpp"

#include "common/memory/segment.hpp"
#include "common/program/stop.hpp"

#include <memory>
#include <optional>

/// A worker's membership: from here to the destructor it is counted as a user of the segment.
///
/// The first user creates the segment, the last one removes it and the semaphore set. A killed
/// one stops being counted (SEM_UNDO).
class Users {
public:
    /// Joins, waiting for others that are just joining or leaving.
    ///
    /// @param shm_key, sem_key  the keys of the segment and of the semaphore set
    /// @param kind      which lock guards the section; it must be the first user's choice
    /// @param deadline  until when to wait
    /// @throws shm::Failure if the keys are another program's, or used by workers with another lock
    Users(key_t shm_key, key_t sem_key, LockKind kind, const shm::Deadline& deadline);
    Users(const Users&) = delete;
    Users& operator=(const Users&) = delete;
    ~Users();

    /// Returns the table in the segment; to be touched only by the holder of lock().
    Table& table() const noexcept { return *static_cast<Table*>(memory_->address()); }
    /// Returns the lock of the critical section.
    SectionLock& lock() const noexcept { return *lock_; }

private:
    bool try_join(const shm::Deadline& deadline);
    void open_segment(bool first);
    void leave();
    void leave_from_gate();

    key_t shm_key_;
    key_t sem_key_;
    LockKind kind_;
    int semid_ = -1;
    int shmid_ = -1;
    std::optional<shm::Attachment> memory_;
    std::unique_ptr<SectionLock> lock_;
};
