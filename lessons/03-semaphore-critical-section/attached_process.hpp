/// @file
/// Lesson 03: arriving and leaving, so that the first process in creates and the last one out
/// removes, whichever is killed in between.
#pragma once

#include "section_lock.hpp"
#include "table.hpp"

#include "common/memory/segment.hpp"
#include "common/program/stop.hpp"

#include <sys/sem.h>    // sembuf
#include <sys/types.h>  // pid_t

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

/// A worker that is attached to the segment: counted, from here to the destructor.
///
/// The first one creates the segment, the last one removes it and the semaphore set. The kernel
/// takes a killed one off the count (SEM_UNDO). A child of fork is not counted, and its destructor
/// does nothing.
class AttachedProcess {
public:
    /// Attaches, after others that are just arriving or leaving.
    ///
    /// @param shm_key, sem_key  the keys of the segment and of the semaphore set
    /// @param kind      which lock guards the section; it must be the first process's choice
    /// @param deadline  until when to wait
    /// @throws shm::Failure if the keys are another program's, or used by workers with another lock
    AttachedProcess(key_t shm_key, key_t sem_key, LockKind kind, const shm::Deadline& deadline);
    AttachedProcess(const AttachedProcess&) = delete;
    AttachedProcess& operator=(const AttachedProcess&) = delete;
    ~AttachedProcess();

    /// Returns the table in the segment; table.hpp says what only the holder of lock() may touch.
    Table& table() const noexcept { return *static_cast<Table*>(memory_->address()); }
    /// Says whether the pids in the table are such as this process knows them: of its own
    /// namespace.
    bool knows_pids() const;
    /// Returns the lock of the critical section.
    SectionLock& lock() const noexcept { return *lock_; }

private:
    bool try_attach(const shm::Deadline& deadline);
    bool open_set();
    bool wait_for_entry(const shm::Deadline& deadline);
    void create_segment();
    void find_segment();
    void detach();
    void detach_holding_entry();
    bool is_last() const;
    void change_or_fail(std::initializer_list<sembuf> changes) const;
    bool wait_for_entry_before_detaching() const;
    [[noreturn]] void fail_and_say_what_is_left(const std::string& what) const;

    key_t shm_key_;
    key_t sem_key_;
    LockKind kind_;
    pid_t self_;
    int semid_ = -1;
    int shmid_ = -1;
    std::optional<shm::Attachment> memory_;
    std::unique_ptr<SectionLock> lock_;
};
