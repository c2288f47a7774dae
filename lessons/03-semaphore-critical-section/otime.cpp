/// @file
/// Lesson 03: sem_otime, by which many programs tell whether a semaphore set has been initialised,
/// and why it does not tell that.

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <sys/sem.h>  // IPC_PRIVATE, IPC_STAT, SETVAL, GETVAL

namespace {

void show(int semid, const char* after) {
    semid_ds record = {};
    checked::semctl(semid, 0, IPC_STAT, &record);
    shm::say("after {:<13} value {}, sem_otime {}", after, checked::semctl(semid, 0, GETVAL),
             record.sem_otime == 0 ? "never" : "now");
}

int otime() {
    const int semid = checked::semget(IPC_PRIVATE, 1, 0600);
    const shm::Cleanup remove([&] { checked::semctl(semid, 0, IPC_RMID); });
    show(semid, "semget:");

    //! [set value]
    checked::semctl(semid, 0, SETVAL, 1);
    //! [set value]
    show(semid, "SETVAL 1:");

    //! [add one]
    sembuf add = {.sem_num = 0, .sem_op = +1, .sem_flg = 0};
    checked::semop(semid, &add, 1);
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
