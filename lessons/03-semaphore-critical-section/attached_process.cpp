// What of attached_process.hpp belongs to arriving.
#include "attached_process.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/namespaces.hpp"  // pid_namespace
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/options.hpp"  // key_text
#include "common/program/wait_notice.hpp"
#include "mutex_needs.hpp"
#include "semaphores.hpp"

#include <fmt/core.h>
#include <sys/ipc.h>  // IPC_CREAT, IPC_EXCL, IPC_RMID
#include <unistd.h>   // getpid

#include <cerrno>  // ENOENT
#include <new>

using namespace std::chrono_literals;

AttachedProcess::AttachedProcess(key_t shm_key, key_t sem_key, LockKind kind,
                                 const shm::Deadline& deadline)
    : shm_key_(shm_key), sem_key_(sem_key), kind_(kind), self_(getpid()) {
    while (!try_attach(deadline)) {  // the last one out has just removed the set
        shm::check_stop();
        if (deadline.passed()) throw shm::Failure("the semaphore set is gone again and again");
    }
}

bool AttachedProcess::try_attach(const shm::Deadline& deadline) {
    try {
        if (!open_set() || !wait_for_entry(deadline)) return false;
    } catch (const shm::SystemError& error) {
        if (semid_ == -1) throw;
        fail_and_say_what_is_left(error.what());
    }
    //! [arrive alone]
    try {
        // All others wait for the entry semaphore: who is first cannot change while we look.
        const bool first = checked::semctl(semid_, semaphore::attached, GETVAL) == 1;
        first ? create_segment() : find_segment();
        lock_ = open_lock(kind_, table(), semid_);
        change_semaphores(semid_, {{semaphore::entry, +1, SEM_UNDO}}, 0ns);
    } catch (...) {
        const shm::Cleanup detach([&] { detach_holding_entry(); });  // what fails there is said
        throw;
    }
    return true;
    //! [arrive alone]
}

/// Finds or makes the set, and sees to it that it is initialised. False: removed meanwhile.
bool AttachedProcess::open_set() {
    const std::string set = "semaphore set under key " + shm::key_text(sem_key_);
    shm::require_owners_known(set);
    semid_ = -1;
    //! [initialise once]
    semid_ = checked::semget(sem_key_, semaphore::in_set, IPC_CREAT | 0600);
    if (!check_owner_and_size(semid_, set)) return false;

    // A new set holds zeros. All these changes happen as one step, or none does: the first process
    // that comes makes them, and all others find that the semaphores are no longer 0.
    const Outcome first_step = change_semaphores(semid_,
                                                 {{semaphore::entry, 0, IPC_NOWAIT},
                                                  {semaphore::attached, 0, IPC_NOWAIT},
                                                  {semaphore::initialised, 0, IPC_NOWAIT},
                                                  {semaphore::section, 0, IPC_NOWAIT},
                                                  {semaphore::initialised, set_magic, IPC_NOWAIT},
                                                  {semaphore::entry, +1, IPC_NOWAIT},
                                                  {semaphore::section, +1, IPC_NOWAIT}},
                                                 0ns);
    return first_step != Outcome::removed && check_magic(semid_, set);
    //! [initialise once]
}

/// Waits for the entry semaphore, and counts this process as attached. False: the set has been
/// removed meanwhile.
bool AttachedProcess::wait_for_entry(const shm::Deadline& deadline) {
    shm::WaitNotice notice(deadline.time());
    for (;;) {
        //! [wait entry]
        // Both in one step; the kernel undoes both if we are killed.
        const Outcome outcome = change_semaphores(
            semid_, {{semaphore::entry, -1, SEM_UNDO}, {semaphore::attached, +1, SEM_UNDO}},
            deadline.left(100ms));
        //! [wait entry]
        if (outcome != Outcome::busy) return outcome == Outcome::done;
        shm::check_stop();
        notice.look("another worker to come or go", fmt::format("who: ipcs -s -i {}", semid_));
        if (deadline.passed()) {
            throw shm::Failure(fmt::format(
                "semaphore set under key {}: a process has held the entry semaphore for too long; "
                "see which, and whether it is stopped: ipcs -s -i {}",
                shm::key_text(sem_key_), semid_));
        }
    }
}

void AttachedProcess::create_segment() {
    //! [first process]
    // No other process is counted: a segment under the key was left by the dead, or is foreign.
    shm::remove_segment_of_the_dead(shm_key_, table_layout);
    shmid_ = checked::shmget(shm_key_, sizeof(Table), IPC_CREAT | IPC_EXCL | 0600);
    memory_.emplace(shmid_);  // shmat, and shmdt at the end
    auto* table = new (memory_->address()) Table{};
    shm::prepare(table->header, table_layout);
    table->lock = kind_;
    table->pid_namespace = shm::pid_namespace().value_or(0);
    require_pid_namespace(kind_, table->pid_namespace);
    create_lock(kind_, *table);
    shm::publish(table->header, table_layout);
    //! [first process]
}

bool AttachedProcess::knows_pids() const {
    const auto ours = shm::pid_namespace();
    return ours && *ours == table().pid_namespace;
}

void AttachedProcess::find_segment() {
    const std::string segment = "segment under key " + shm::key_text(shm_key_);
    const int shmid = checked::shmget(shm_key_, 0, 0600, checked::allow(ENOENT));
    if (shmid == -1) {
        throw shm::Failure(segment +
                           ": is not there, but its workers run; give all the same "
                           "--shm-key, or has a process removed it (ipcrm)?");
    }
    shm::require_ours(shm::segment_record(shmid), table_layout, segment);
    memory_.emplace(shmid);
    if (!shm::is_published(table().header, table_layout, segment)) {
        throw shm::Failure(segment + ": is not the one of these workers; give all the same keys");
    }
    shmid_ = shmid;  // only now: what it names, the last one out removes
    if (table().lock != kind_) {
        throw shm::Failure("the workers that run use another --lock; give all the same");
    }
    require_pid_namespace(kind_, table().pid_namespace);
}
