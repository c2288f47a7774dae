/// @file
/// Lesson 03, first program: a critical section behind one semaphore. Start it in two terminals:
/// the second one sleeps until you press Enter in the first.

#include "common/kernel/checked.hpp"  // checked::semget ...: the call; a failure is an exception
#include "common/program/program.hpp"

#include <sys/sem.h>  // sembuf, SETVAL, SEM_UNDO
#include <unistd.h>   // getpid

#include <cerrno>

namespace {

//! [open semaphore]
int open_semaphore(key_t key) {
    // IPC_EXCL: of all processes that come, one creates the semaphore, as 0 ...
    const int semid = checked::semget(key, 1, IPC_CREAT | IPC_EXCL | 0600, checked::allow(EEXIST));
    if (semid == -1) return checked::semget(key, 1, 0600);  // ... the others find it ...
    // ... and the one sets it to 1: no process is inside. Killed just before this, it leaves a 0,
    // and all others sleep for ever; worker has an answer to that.
    checked::semctl(semid, 0, SETVAL, 1);
    return semid;
}
//! [open semaphore]

//! [wait post]
void change_semaphore(int semid, short change) {
    // SEM_UNDO: what this process has not changed back when it ends, the kernel changes back.
    sembuf operation = {.sem_num = 0, .sem_op = change, .sem_flg = SEM_UNDO};
    // EINTR: a signal came. After Ctrl-C check_stop() throws; after Ctrl-Z and fg it waits again.
    while (checked::semop(semid, &operation, 1, checked::allow(EINTR)) == -1) shm::check_stop();
}

void wait(int semid) {
    change_semaphore(semid, -1);  // P: sleeps while the value is 0, then takes 1 off it
}

void post(int semid) {
    change_semaphore(semid, +1);  // V: adds 1; the kernel wakes a process that sleeps
}
//! [wait post]

int one_semaphore(key_t key) {
    // What all of them change: a segment of one number (lesson 02). A new one is all zeros.
    const int shmid = checked::shmget(key, sizeof(int), IPC_CREAT | 0600);
    auto* count = static_cast<int*>(checked::shmat(shmid, nullptr, 0));
    const int semid = open_semaphore(key);

    //! [critical section]
    wait(semid);
    shm::say("Process {}: Entering critical section", getpid());
    *count += 1;
    shm::say("Process {}: Updated count to {}", getpid(), *count);
    shm::wait_for_enter("Press Enter to leave the critical section...");
    shm::say("Process {}: Exiting critical section", getpid());
    post(semid);
    //! [critical section]

    checked::shmdt(count);
    return 0;  // segment and semaphore stay, for the next one
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 45678;
    return shm::program(
        argc, argv, "Counts itself in a critical section that one semaphore guards.",
        [&](shm::Options& options) {
            options.key("--key", key, "The key of both the semaphore and the segment");
        },
        [&] { return one_semaphore(key); });
}
