#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/reason.hpp"  // why_lock
#include "common/program/check.hpp"
#include "common/program/stop.hpp"  // monotonic_after
#include "stage.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>  // kill
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

using shm::check;
using shm::check_returned;
using namespace std::chrono_literals;

// Waiting in shared memory, and for how long.

namespace {

pthread_mutex_t* make_mutex(int shared_or_private = PTHREAD_PROCESS_SHARED) {
    pthread_mutexattr_t kind;
    check_returned(pthread_mutexattr_init(&kind), "pthread_mutexattr_init", "a mutex");
    check_returned(pthread_mutexattr_setpshared(&kind, shared_or_private),
                   "pthread_mutexattr_setpshared", "a mutex");
    auto* mutex = stage::shared<pthread_mutex_t>();
    check_returned(pthread_mutex_init(mutex, &kind), "pthread_mutex_init", "a mutex");
    return mutex;
}

sem_t* make_semaphore(unsigned value) {
    auto* semaphore = stage::shared<sem_t>();
    check(sem_init(semaphore, 1, value), "sem_init", "a semaphore");
    return semaphore;
}

const Row rows[] = {
    {"condition-waiter-killed", "a waiter of a condition variable was killed",
     "pthread_cond_destroy", "SIGALRM",
     "destroy waits until the dead one has left: for ever (we let an alarm end it)",
     "a futex with a deadline, no condition variable",
     [] {
         pthread_condattr_t kind;
         pthread_condattr_init(&kind);
         pthread_condattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
         auto* condition = stage::shared<pthread_cond_t>();
         check_returned(pthread_cond_init(condition, &kind), "pthread_cond_init", "");
         pthread_mutex_t* mutex = make_mutex();
         stage::in_killed_child([=] {
             pthread_mutex_lock(mutex);
             if (fork() == 0) {  // it gets the mutex only when the waiter sleeps
                 pthread_mutex_lock(mutex);
                 kill(getppid(), SIGKILL);
                 _exit(0);
             }
             pthread_cond_wait(condition, mutex);
         });
         ualarm(200'000, 0);
         pthread_cond_destroy(condition);
         return std::string();
     }},
    {"barrier-waiter-killed", "a waiter at a barrier was killed", "pthread_barrier_wait", "success",
     "it still counts: the barrier for two opens for one", "a count that dies with its process",
     [] {
         pthread_barrierattr_t kind;
         check_returned(pthread_barrierattr_init(&kind), "pthread_barrierattr_init", "a barrier");
         check_returned(pthread_barrierattr_setpshared(&kind, PTHREAD_PROCESS_SHARED),
                        "pthread_barrierattr_setpshared", "a barrier");
         auto* barrier = stage::shared<pthread_barrier_t>();
         check_returned(pthread_barrier_init(barrier, &kind, 2), "pthread_barrier_init",
                        "a barrier");
         const int pid = stage::in_waiting_child([=] { pthread_barrier_wait(barrier); });
         check(kill(pid, SIGKILL), "kill", "the waiter");
         pthread_barrier_wait(barrier);  // were the dead one not counted, we would wait for ever
         return std::string("the barrier for two lets one through, who is alone");
     }},
    {"semaphore-holder-killed", "a POSIX semaphore whose holder was killed", "sem_trywait",
     "EAGAIN", "there is no undo: it stays 0",
     "a robust mutex where it matters. Now: stop its users, rm /dev/shm/sem.NAME, begin anew",
     [] {
         sem_t* semaphore = make_semaphore(1);
         stage::in_killed_child([=] { sem_wait(semaphore); });
         check(sem_trywait(semaphore), "sem_trywait", "a semaphore");
         return std::string();
     }},
    {"semaphore-not-shared", "a semaphore that lies in ordinary memory is posted by a child",
     "sem_trywait", "EAGAIN",
     "after fork each process has a copy: sem_init(s, 1, value) says that the memory is shared, "
     "and does not make it so",
     "sem_init in memory that was mapped MAP_SHARED before the fork; MAP_ANONYMOUS needs no name",
     [] {
         sem_t semaphore;
         check(sem_init(&semaphore, 1, 0), "sem_init", "a semaphore");
         stage::in_killed_child([&] { sem_post(&semaphore); });
         check(sem_trywait(&semaphore), "sem_trywait", "a semaphore");
         return std::string();
     }},
    {"timedwait-interrupted", "a signal comes while sem_timedwait waits", "sem_timedwait", "EINTR",
     "a wait with a deadline is not begun again, even with SA_RESTART",
     "look what the signal asks for; then wait again, for the same deadline",
     [] {
         timespec in_a_day = {};
         check(clock_gettime(CLOCK_REALTIME, &in_a_day), "clock_gettime", "CLOCK_REALTIME");
         in_a_day.tv_sec += 24L * 60 * 60;
         sem_t* semaphore = make_semaphore(0);
         stage::begin_signals();
         check(sem_timedwait(semaphore, &in_a_day), "sem_timedwait", "a semaphore");
         return std::string();
     }},
    {"wrong-clock-semaphore", "sem_timedwait is given a monotonic time", "sem_timedwait",
     "ETIMEDOUT", "it takes the wall clock, where that moment was in 1970",
     "sem_clockwait, since glibc 2.30",
     [] {
         const timespec in_a_day = shm::monotonic_after(24h);
         sem_t* semaphore = make_semaphore(0);
         const int result = sem_timedwait(semaphore, &in_a_day);
         const int error = errno;
         check_returned(result == -1 ? error : 0, "sem_timedwait", "a semaphore",
                        shm::why_lock(error));
         return std::string();
     }},
    {"wrong-clock-mutex", "pthread_mutex_timedlock is given a monotonic time",
     "pthread_mutex_timedlock", "ETIMEDOUT",
     "it takes the wall clock, where that moment was in 1970", "pthread_mutex_clocklock",
     [] {
         const timespec in_a_day = shm::monotonic_after(24h);
         pthread_mutex_t* mutex = make_mutex();
         stage::in_killed_child([=] { pthread_mutex_lock(mutex); });
         const int error = pthread_mutex_timedlock(mutex, &in_a_day);
         check_returned(error, "pthread_mutex_timedlock", "a mutex", shm::why_lock(error));
         return std::string();
     }},
    {"mutex-private", "a mutex without PTHREAD_PROCESS_SHARED is unlocked; another process waits",
     "pthread_mutex_clocklock", "ETIMEDOUT",
     "its wake-up reaches waiters of the same process only; a wait without a deadline never ends",
     "PTHREAD_PROCESS_SHARED; for a semaphore sem_init(s, 1, value)",
     [] {
         pthread_mutex_t* mutex = make_mutex(PTHREAD_PROCESS_PRIVATE);  // as where none is set
         auto* error = stage::shared<int>();
         check_returned(pthread_mutex_lock(mutex), "pthread_mutex_lock", "a mutex");
         const pid_t waiter = stage::in_waiting_child([=] {
             const timespec soon = shm::monotonic_after(300ms);
             *error = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &soon);
         });
         check_returned(pthread_mutex_unlock(mutex), "pthread_mutex_unlock", "a mutex");
         checked::waitpid(waiter);
         stage::expect(pthread_mutex_trylock(mutex) == 0, "it is not free");
         check_returned(*error, "pthread_mutex_clocklock", "a mutex that is free",
                        "it is not process-shared: its owner's wake-up did not come here");
         return std::string();
     }},
    {"private-futex", "a private futex in shared memory", "futex", "success",
     "the kernel looks only among this process's own waiters",
     "no FUTEX_PRIVATE_FLAG; not std::atomic::wait, whose futex is private",
     [] {
         auto* word = stage::shared<int>();
         stage::in_sleeping_child([=] {
             if (fork() == 0) {
                 syscall(SYS_futex, word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
                 _exit(0);
             }
         });
         const auto wake = [&](int command) {
             return syscall(SYS_futex, word, command, 1, nullptr, nullptr, 0);
         };
         long woken = 0;
         for (int i = 0; i < 100; ++i) woken += wake(FUTEX_WAKE_PRIVATE);
         stage::expect(woken == 0, "it was woken");
         while (wake(FUTEX_WAKE) == 0) usleep(1000);  // there was a process to wake
         return std::string("wakes no process, though one sleeps on it");
     }},
};

}  // namespace

const std::span<const Row> wait_rows = rows;
