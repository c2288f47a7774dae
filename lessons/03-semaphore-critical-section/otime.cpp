/// @file
/// Lesson 03: sem_otime, by which many programs tell whether a semaphore set has been initialised,
/// and why it does not tell that.

#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <sys/sem.h>  // semget, semctl, semop

using shm::check;

namespace {

union SemctlArgument {  // the caller has to declare it (man 2 semctl)
    int value;
    semid_ds* record;
};

void show(int semid, const char* after) {
    semid_ds record = {};
    SemctlArgument argument = {.value = 0};
    argument.record = &record;
    check(semctl(semid, 0, IPC_STAT, argument), "semctl IPC_STAT", "the set");
    const int value = check(semctl(semid, 0, GETVAL), "semctl GETVAL", "the set");
    shm::say("after {:<13} value {}, sem_otime {}", after, value,
             record.sem_otime == 0 ? "never" : "now");
}

int otime() {
    const int semid = check(semget(IPC_PRIVATE, 1, 0600), "semget", "IPC_PRIVATE");
    const shm::Cleanup remove([&] { semctl(semid, 0, IPC_RMID); });
    show(semid, "semget:");

    //! [set value]
    const SemctlArgument one = {.value = 1};
    check(semctl(semid, 0, SETVAL, one), "semctl SETVAL", "the set");
    //! [set value]
    show(semid, "SETVAL 1:");

    //! [add one]
    sembuf add = {.sem_num = 0, .sem_op = +1, .sem_flg = 0};
    check(semop(semid, &add, 1), "semop", "the set");
    //! [add one]
    show(semid, "semop +1:");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return shm::program(
        argc, argv, "Shows what sets a semaphore set's sem_otime, and what does not.",
        [](shm::Options&) {}, [] { return otime(); });
}
