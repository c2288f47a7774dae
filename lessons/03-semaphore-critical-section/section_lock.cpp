#include "section_lock.hpp"

#include "common/kernel/process.hpp"  // wait_until_ended
#include "common/kernel/reason.hpp"   // why_lock
#include "common/program/check.hpp"
#include "common/program/stop.hpp"
#include "semaphores.hpp"

#include <pthread.h>    // pthread_mutex_clocklock
#include <semaphore.h>  // sem_init, sem_clockwait, sem_post
#include <sys/sem.h>    // SEM_UNDO
#include <time.h>       // CLOCK_MONOTONIC

#include <cerrno>

using namespace std::chrono_literals;
using shm::check_returned;

namespace {

//! [sysv lock]
/// One semaphore of the set, with SEM_UNDO on both ways: undone when the process ends.
class SysvLock : public SectionLock {
public:
    explicit SysvLock(int semid) : semid_(semid) {}
    bool enter(std::chrono::nanoseconds at_most) override {
        const Outcome outcome =
            change_semaphores(semid_, {{semaphore::section, -1, SEM_UNDO}}, at_most);
        if (outcome == Outcome::removed) {
            throw shm::Failure(
                "the semaphore set was removed by another process (ipcrm?); start again");
        }
        return outcome == Outcome::done;
    }
    void leave() override {
        // Never waits. If the set is gone, its lock is, too.
        change_semaphores(semid_, {{semaphore::section, +1, SEM_UNDO}}, 0ns);
    }
    std::string when_holder_dies() const override { return "the kernel gives the lock back"; }

private:
    int semid_;
};
//! [sysv lock]

/// A POSIX semaphore in the segment itself. No process and no kernel posts for one that was killed.
class PosixLock : public SectionLock {
public:
    explicit PosixLock(sem_t& semaphore) : semaphore_(semaphore) {}
    bool enter(std::chrono::nanoseconds at_most) override {
        //! [posix wait]
        const timespec moment = shm::monotonic_after(at_most);
        if (sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &moment) == 0) return true;
        //! [posix wait]
        const int error = errno;
        if (error == ETIMEDOUT || error == EINTR) return false;
        shm::fail(error, "sem_clockwait", "the section's semaphore", shm::why_lock(error));
    }
    void leave() override {
        shm::check(sem_post(&semaphore_), "sem_post", "the section's semaphore");
    }
    std::string when_holder_dies() const override {
        return "the kernel does not give a POSIX semaphore back: end all workers, the next one "
               "starts afresh";
    }

private:
    sem_t& semaphore_;
};

/// A mutex in the segment itself: process-shared, and robust: the next owner is told of a death.
class MutexLock : public SectionLock {
public:
    explicit MutexLock(Table& table) : table_(table), mutex_(table.mutex) {}
    bool enter(std::chrono::nanoseconds at_most) override {
        //! [owner died]
        const timespec moment = shm::monotonic_after(at_most);
        const int error = pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &moment);
        if (error == ETIMEDOUT) return false;
        if (error == EOWNERDEAD) {
            // Ours, but its owner died inside: repair the data first, then call the mutex
            // consistent. Unlocked without that it would be lost for ever (ENOTRECOVERABLE).
            repair(table_);
            check_returned(pthread_mutex_consistent(&mutex_), "pthread_mutex_consistent", "mutex");
            //! [owner died]
            // The kernel frees a dying process's mutexes before it undoes what that did to
            // `attached`. Left in between, we would not know that we are the last: so we wait, also
            // beyond `at_most`. relaxed: the mutex has ordered what its last holder stored.
            shm::wait_until_ended(table_.holder.load(std::memory_order_relaxed), 1s);
            return true;
        }
        check_returned(error, "pthread_mutex_clocklock", "the section's mutex",
                       shm::why_lock(error));
        return true;
    }
    void leave() override {
        check_returned(pthread_mutex_unlock(&mutex_), "pthread_mutex_unlock",
                       "the section's mutex");
    }
    std::string when_holder_dies() const override {
        return shm::has_robust_list()
                   ? "the next one is told, and goes on"
                   : "no process is told without robust lists: end all workers, the "
                     "next one starts afresh";
    }

private:
    Table& table_;
    pthread_mutex_t& mutex_;
};

void create_mutex(pthread_mutex_t& mutex) {
    pthread_mutexattr_t attributes;
    check_returned(pthread_mutexattr_init(&attributes), "pthread_mutexattr_init", "mutex");
    //! [two attributes]
    check_returned(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
                   "pthread_mutexattr_setpshared", "mutex");
    check_returned(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST),
                   "pthread_mutexattr_setrobust", "mutex");
    check_returned(pthread_mutex_init(&mutex, &attributes), "pthread_mutex_init", "mutex");
    //! [two attributes]
    pthread_mutexattr_destroy(&attributes);
}

void create_semaphore(sem_t& semaphore) {
    constexpr int process_shared = 1;  // 0: for the threads of one process
    shm::check(sem_init(&semaphore, process_shared, 1), "sem_init", "the section's semaphore");
}

}  // namespace

void create_lock(LockKind kind, Table& table) {
    if (kind == lock_mutex) create_mutex(table.mutex);
    if (kind == lock_posix) create_semaphore(table.semaphore);
    // lock_sysv: it is one of the set's, which the first step has made 1
}

std::unique_ptr<SectionLock> open_lock(LockKind kind, Table& table, int semid) {
    switch (kind) {
        case lock_posix:
            return std::make_unique<PosixLock>(table.semaphore);
        case lock_mutex:
            return std::make_unique<MutexLock>(table);
        case lock_sysv:
            break;
    }
    return std::make_unique<SysvLock>(semid);
}
