#include "users.hpp"

#include "common/check.hpp"
#include "common/console.hpp"
#include "common/options.hpp"
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
    while (!try_join(deadline)) {
    }
}

bool Users::try_join(const shm::Deadline& deadline) {
    const std::string set = "semaphore set under key " + shm::key_text(sem_key_);
    //! [initialise once]
    semid_ = semget(sem_key_, semaphores_in_set, IPC_CREAT | 0600);
    if (semid_ == -1 && errno == EINVAL) {
        throw shm::Failure(set +
                           ": has fewer semaphores than ours; it is another program's, choose "
                           "another --sem-key (see: ipcs -s)");
    }
    check(semid_, "semget", set);
    if (!is_our_set(semid_, set)) return false;

    // A new set holds zeros. All these changes happen as one step, or none does: whoever comes
    // first makes them, and everybody else finds the third no longer 0.
    if (change_semaphores(semid_,
                          {{initialised, 0, IPC_NOWAIT},
                           {initialised, init_mark, IPC_NOWAIT},
                           {gate, +1, IPC_NOWAIT},
                           {section, +1, IPC_NOWAIT}},
                          0ns) == Outcome::removed) {
        return false;  // by the last user, who was just leaving: begin again
    }
    //! [initialise once]

    //! [pass gate]
    // Shut the gate and be counted, in one step; undone by the kernel if we are killed.
    Outcome outcome = Outcome::busy;
    while (outcome == Outcome::busy) {
        outcome = change_semaphores(semid_, {{gate, -1, SEM_UNDO}, {users, +1, SEM_UNDO}},
                                    deadline.left(100ms));
        if (outcome == Outcome::removed) return false;
        if (outcome == Outcome::done) break;
        shm::check_stop();
        if (deadline.passed()) {
            throw shm::Failure(set +
                               ": somebody has held the gate for too long; see who is stopped: "
                               "ipcs -s -p");
        }
    }
    try {
        const bool first = check(semctl(semid_, users, GETVAL), "semctl GETVAL", set) == 1;
        open_segment(first);
        change_semaphores(semid_, {{gate, +1, SEM_UNDO}}, 0ns);
    } catch (...) {
        change_semaphores(semid_, {{gate, +1, SEM_UNDO}}, 0ns);
        leave();
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
        memory_.emplace(check(shmid_, "shmget", segment));
        auto* table = new (memory_->address()) Table{};
        shm::prepare(table->mark, table_layout);
        table->lock = kind_;
        create_lock(kind_, *table, sem_key_);
        shm::publish(table->mark, table_layout);
        //! [first user]
    } else {
        const int shmid =
            check(shmget(shm_key_, 0, 0600), "shmget", segment,
                  "somebody has removed it (ipcrm?); end all workers and start again");
        shm::require_ours(shm::segment_record(shmid), table_layout, segment);
        memory_.emplace(shmid);
        if (!shm::is_published(table().mark, table_layout, segment)) {
            throw shm::Failure(segment +
                               ": is not the one of these workers; give all of them the "
                               "same --shm-key and --sem-key");
        }
        shmid_ = shmid;
        if (table().lock != kind_) {
            kind_ = static_cast<LockKind>(table().lock);  // what leave() may have to remove
            throw shm::Failure("the workers that run use another --lock; give all the same");
        }
    }
    lock_ = open_lock(kind_, table(), semid_, sem_key_);
}

//! [last user]
void Users::leave() {
    // This also runs while Ctrl-C is ending the program. Should it fail, the undo takes us off the
    // count all the same, and the next first user clears up.
    const auto deadline = shm::Deadline::after(5s);
    Outcome outcome = Outcome::busy;
    while (outcome == Outcome::busy && !deadline.passed()) {
        outcome = change_semaphores(semid_, {{gate, -1, SEM_UNDO}}, deadline.left(1s));
    }
    if (outcome != Outcome::done) return;
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
    lock_.reset();
    try {
        leave();
    } catch (const std::exception& error) {
        shm::note_line(error.what());
    }
}
