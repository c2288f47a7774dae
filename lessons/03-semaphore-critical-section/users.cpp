#include "users.hpp"

#include "common/kernel/reason.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/options.hpp"
#include "common/program/wait_notice.hpp"
#include "semaphores.hpp"

#include <fmt/format.h>
#include <sys/sem.h>  // semget, semctl
#include <sys/shm.h>  // shmget, shmctl

#include <cerrno>
#include <new>

using shm::check;
using namespace std::chrono_literals;

Users::Users(key_t shm_key, key_t sem_key, LockKind kind, const shm::Deadline& deadline)
    : shm_key_(shm_key), sem_key_(sem_key), kind_(kind) {
    while (!try_join(deadline)) {  // the last user has just removed the set
        shm::check_stop();
        if (deadline.passed()) throw shm::Failure("the semaphore set is gone again and again");
    }
}

bool Users::try_join(const shm::Deadline& deadline) {
    const std::string key = shm::key_text(sem_key_);
    const std::string set = "semaphore set under key " + key;
    //! [initialise once]
    semid_ = semget(sem_key_, semaphores_in_set, IPC_CREAT | 0600);
    check(semid_, "semget", set, shm::why_semget, sem_key_, semaphores_in_set, IPC_CREAT | 0600);
    if (!is_our_set(semid_, set)) return false;

    // A new set holds zeros. All these changes happen as one step, or none does: whoever comes
    // first makes them, and everybody else finds that the semaphores are no longer 0.
    const Outcome first_step = change_semaphores(semid_,
                                                 {{gate, 0, IPC_NOWAIT},
                                                  {users, 0, IPC_NOWAIT},
                                                  {initialised, 0, IPC_NOWAIT},
                                                  {section, 0, IPC_NOWAIT},
                                                  {initialised, init_mark, IPC_NOWAIT},
                                                  {gate, +1, IPC_NOWAIT},
                                                  {section, +1, IPC_NOWAIT}},
                                                 0ns);
    if (first_step == Outcome::removed || !is_marked(semid_, set)) {
        return false;  // by the last user, who was just leaving: begin again
    }
    //! [initialise once]

    //! [pass gate]
    // Shut the gate and be counted, in one step; undone by the kernel if we are killed.
    shm::WaitNotice notice(deadline.time());
    Outcome outcome = Outcome::busy;
    while ((outcome = change_semaphores(semid_, {{gate, -1, SEM_UNDO}, {users, +1, SEM_UNDO}},
                                        deadline.left(100ms))) == Outcome::busy) {
        shm::check_stop();
        notice.look("another worker to come or go", fmt::format("who: ipcs -s -i {}", semid_));
        if (deadline.passed()) {
            throw shm::Failure(
                fmt::format("{}: somebody has held the gate for too long; see who, "
                            "and whether it is stopped: ipcs -s -i {}",
                            set, semid_));
        }
    }
    if (outcome == Outcome::removed) return false;
    try {
        const bool first = check(semctl(semid_, users, GETVAL), "semctl GETVAL", set) == 1;
        open_segment(first);
        change_semaphores(semid_, {{gate, +1, SEM_UNDO}}, 0ns);
    } catch (...) {
        leave_from_gate();  // which we still hold
        throw;
    }
    return true;
    //! [pass gate]
}

void Users::open_segment(bool first) {
    const std::string segment = "segment under key " + shm::key_text(shm_key_);
    if (first) {
        //! [first user]
        // Alone behind the gate: what stands under the key was left by the dead, or is foreign.
        shm::remove_segment_of_the_dead(shm_key_, table_layout);
        shmid_ = shmget(shm_key_, sizeof(Table), IPC_CREAT | IPC_EXCL | 0600);
        memory_.emplace(check(shmid_, "shmget", segment, shm::why_shmget, shm_key_, sizeof(Table),
                              IPC_CREAT | IPC_EXCL | 0600));
        auto* table = new (memory_->address()) Table{};
        shm::prepare(table->mark, table_layout);
        table->lock = kind_;
        create_lock(kind_, *table, sem_key_);
        shm::publish(table->mark, table_layout);
        //! [first user]
    } else {
        const int shmid = shmget(shm_key_, 0, 0600);
        if (shmid == -1 && errno == ENOENT) {
            throw shm::Failure(segment +
                               ": is not there, but its workers run; give all the same "
                               "--shm-key, or has somebody removed it (ipcrm)?");
        }
        check(shmid, "shmget", segment, shm::why_shmget, shm_key_, 0, 0600);
        shm::require_ours(shm::segment_record(shmid), table_layout, segment);
        memory_.emplace(shmid);
        if (!shm::is_published(table().mark, table_layout, segment)) {
            throw shm::Failure(segment +
                               ": is not the one of these workers; give all the same keys");
        }
        shmid_ = shmid;
        const std::uint32_t lock = table().lock;  // once: a peer that misbehaves could change it
        if (lock != kind_) {
            kind_ = static_cast<LockKind>(lock);  // what leave() may have to remove
            throw shm::Failure("the workers that run use another --lock; give all the same");
        }
    }
    lock_ = open_lock(kind_, table(), semid_, sem_key_);
}

//! [last user]
void Users::leave() {
    // Should this fail, the undo takes us off the count all the same; the next first user clears
    // up.
    const auto deadline = shm::Deadline::after(5s);
    Outcome outcome = Outcome::busy;
    while (outcome == Outcome::busy && !deadline.passed()) {
        outcome = change_semaphores(semid_, {{gate, -1, SEM_UNDO}}, deadline.left(1s));
    }
    if (outcome == Outcome::done) leave_from_gate();
}

void Users::leave_from_gate() {
    if (semctl(semid_, users, GETVAL) == 1) {
        if (shmid_ != -1) {
            remove_lock(kind_, sem_key_);
            shmctl(shmid_, IPC_RMID, nullptr);
        }
        semctl(semid_, 0, IPC_RMID);  // whoever waits at the gate is woken, and begins again
        return;
    }
    change_semaphores(semid_, {{users, -1, SEM_UNDO}, {gate, +1, SEM_UNDO}}, 0ns);
}
//! [last user]

Users::~Users() {
    try {
        leave();
    } catch (const std::exception& error) {
        shm::note_line(error.what());
    }
}
