#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/process.hpp"  // has_robust_list
#include "common/kernel/reason.hpp"   // why_lock
#include "common/program/check.hpp"
#include "common/program/stop.hpp"  // monotonic_after
#include "stage.hpp"

#include <fcntl.h>  // open
#include <fmt/core.h>
#include <linux/futex.h>  // robust_list_head
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>  // SYS_set_robust_list
#include <unistd.h>

#include <cerrno>

using shm::check;
using shm::check_returned;
using namespace std::chrono_literals;

// Locks in shared memory, and owners that die.

namespace {

const std::size_t page = shm::page_size();

pthread_mutex_t* make_mutex(bool robust, int type = PTHREAD_MUTEX_NORMAL) {
    pthread_mutexattr_t kind;
    check_returned(pthread_mutexattr_init(&kind), "pthread_mutexattr_init", "");
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&kind, type);
    if (robust) pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    auto* mutex = stage::shared<pthread_mutex_t>();
    check_returned(pthread_mutex_init(mutex, &kind), "pthread_mutex_init", "");
    return mutex;
}

std::string locked(pthread_mutex_t* mutex) {
    const timespec soon = shm::monotonic_after(50ms);
    const int error = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &soon);
    check_returned(error, "pthread_mutex_clocklock", "a mutex", shm::why_lock(error));
    return {};
}

void require_robust_lists() {
    if (!shm::has_robust_list()) {
        throw NotHere("this kernel, or a filter of calls, knows no robust lists (set_robust_list)");
    }
}

/// Tries it, without a wait.
std::string tried(pthread_mutex_t* mutex) {
    const int error = pthread_mutex_trylock(mutex);
    check_returned(error, "pthread_mutex_trylock", "a mutex", shm::why_lock(error));
    return {};
}

pthread_mutex_t* mutex_of_the_dead(bool robust) {
    if (robust) require_robust_lists();
    pthread_mutex_t* mutex = make_mutex(robust);
    stage::in_killed_child([=] { pthread_mutex_lock(mutex); });
    return mutex;
}

const Row rows[] = {
    {"mutex-owner-killed", "a mutex whose owner was killed", "pthread_mutex_clocklock", "ETIMEDOUT",
     "the other processes are not told: pthread_mutex_lock waits for ever",
     "PTHREAD_MUTEX_ROBUST: the next owner is told, repairs the data, and calls "
     "pthread_mutex_consistent",
     [] { return locked(mutex_of_the_dead(false)); }},
    {"robust-owner-killed", "a robust mutex whose owner was killed", "pthread_mutex_clocklock",
     "EOWNERDEAD",
     "the kernel tells the next owner, one of pthread_mutex_trylock too: it is locked now, by us",
     "repair the data, then call pthread_mutex_consistent",
     [] { return locked(mutex_of_the_dead(true)); }},
    {"robust-not-repaired", "a robust mutex unlocked without pthread_mutex_consistent",
     "pthread_mutex_clocklock", "ENOTRECOVERABLE",
     "the process that got EOWNERDEAD did not repair it", "a guard whose type forces the repair",
     [] {
         pthread_mutex_t* mutex = mutex_of_the_dead(true);
         stage::expect(pthread_mutex_lock(mutex) == EOWNERDEAD, "no EOWNERDEAD");
         check_returned(pthread_mutex_unlock(mutex), "pthread_mutex_unlock", "a mutex");
         return locked(mutex);
     }},
    {"robust-no-list", "a robust mutex whose owner was killed, and had no robust list",
     "pthread_mutex_clocklock", "ETIMEDOUT",
     "an emulator or a filter refuses set_robust_list: no call on a mutex fails, and no process is "
     "told",
     "ask for the list at the start (man 2 get_robust_list); or SEM_UNDO, F_OFD_SETLK",
     [] {
         pthread_mutex_t* mutex = make_mutex(true);
         stage::in_killed_child([=] {
             syscall(SYS_set_robust_list, nullptr, sizeof(robust_list_head));
             stage::expect(!shm::has_robust_list(), "it has a list");
             pthread_mutex_lock(mutex);
         });
         return locked(mutex);
     }},
    {"robust-two-namespaces", "a robust mutex is shared by two pid namespaces",
     "pthread_mutex_trylock", "EOWNERDEAD",
     "its owner lives: one with the same number, of the other namespace, was killed as it waited",
     "keep /proc/self/ns/pid in the segment, and refuse others; or SEM_UNDO, F_OFD_SETLK",
     [] {
         require_robust_lists();
         pthread_mutex_t* mutex = make_mutex(true);
         stage::in_sleeping_child([=] {
             stage::begin_pid_namespace();
             stage::in_sleeping_child([=] { pthread_mutex_lock(mutex); });  // process 1 of its own
         });
         stage::expect(pthread_mutex_trylock(mutex) == EBUSY, "no process holds it");
         stage::begin_pid_namespace();
         const pid_t waiter =
             stage::in_waiting_child([=] { pthread_mutex_lock(mutex); });  // 1, too
         kill(waiter, SIGKILL);
         checked::waitpid(waiter);
         return tried(mutex);
     }},
    {"robust-unmapped", "a robust mutex is unmapped while it is held", "pthread_mutex_lock",
     "SIGSEGV", "the thread's list of held mutexes leads into memory that is gone",
     "the guard ends before the mapping",
     [] {
         pthread_mutex_t* held = make_mutex(true);
         pthread_mutex_t* next = make_mutex(true);
         check_returned(pthread_mutex_lock(held), "pthread_mutex_lock", "a mutex");
         checked::munmap(held, page);
         check_returned(pthread_mutex_lock(next), "pthread_mutex_lock", "another mutex");
         return std::string();
     }},
    {"mutex-overwritten", "a mutex is overwritten, or initialised again, while a process holds it",
     "pthread_mutex_lock", "SIGABRT",
     "its bytes say that it is free, and name an owner; glibc ends the process: "
     "pthread_mutex_lock.c: Assertion 'mutex->__data.__owner == 0' failed",
     "one process initialises it, once, before the others can find it; only its holder unlocks it",
     []() -> std::string {
         pthread_mutex_t* mutex = make_mutex(false);
         check_returned(pthread_mutex_lock(mutex), "pthread_mutex_lock", "a mutex");
         new (mutex) int(0);  // the word that says whether it is free comes first
         const int silent = checked::open("/dev/null", O_WRONLY);
         check(dup2(silent, STDERR_FILENO), "dup2", "/dev/null");
         pthread_mutex_lock(mutex);
         throw NotHere("this C library does not look who owns a mutex");
     }},
    {"mutex-twice", "a mutex that checks for errors is locked twice by one thread",
     "pthread_mutex_lock", "EDEADLK",
     "PTHREAD_MUTEX_ERRORCHECK: without it, the thread would wait for itself for ever",
     "lock in one place, and let a guard unlock",
     [] {
         pthread_mutex_t* mutex = make_mutex(false, PTHREAD_MUTEX_ERRORCHECK);
         check_returned(pthread_mutex_lock(mutex), "pthread_mutex_lock", "a mutex");
         const int error = pthread_mutex_lock(mutex);
         check_returned(error, "pthread_mutex_lock", "a mutex", shm::why_lock(error));
         return std::string();
     }},
    {"handler-locks", "a signal handler locks the mutex that its own process holds",
     "pthread_mutex_clocklock", "ETIMEDOUT",
     "the handler waits for the code that it has interrupted; without a deadline for ever",
     "a handler only stores a flag, or calls sem_post: of locks and semaphores that alone is "
     "async-signal-safe (man 7 signal-safety)",
     [] {
         static pthread_mutex_t* const mutex = make_mutex(false);
         static volatile int error = 0;
         struct sigaction action = {};
         action.sa_handler = [](int) {
             const timespec soon = shm::monotonic_after(50ms);
             error = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &soon);
         };
         check(sigaction(SIGUSR1, &action, nullptr), "sigaction", "SIGUSR1");
         check_returned(pthread_mutex_lock(mutex), "pthread_mutex_lock", "a mutex");
         check(raise(SIGUSR1), "raise", "SIGUSR1");
         check_returned(error, "pthread_mutex_clocklock", "a mutex",
                        "the code that the handler has interrupted holds it");
         return std::string();
     }},
    {"rwlock-reader-killed", "a read lock whose reader was killed", "pthread_rwlock_clockwrlock",
     "ETIMEDOUT", "there are no robust read-write locks: writers wait for ever", "a robust mutex",
     [] {
         pthread_rwlockattr_t kind;
         pthread_rwlockattr_init(&kind);
         pthread_rwlockattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
         auto* lock = stage::shared<pthread_rwlock_t>();
         check_returned(pthread_rwlock_init(lock, &kind), "pthread_rwlock_init", "");
         stage::in_killed_child([=] { pthread_rwlock_rdlock(lock); });
         const timespec soon = shm::monotonic_after(50ms);
         const int error = pthread_rwlock_clockwrlock(lock, CLOCK_MONOTONIC, &soon);
         check_returned(error, "pthread_rwlock_clockwrlock", "a lock", shm::why_lock(error));
         return std::string();
     }},
};

}  // namespace

const std::span<const Row> lock_rows = rows;
