/// @file
/// Lesson 03, the obvious wrong way: a semaphore that each process sets to 1 as it starts, also
/// while another one is inside. It uses worker's keys and checks nothing: do not run it beside
/// worker. It leaves what it makes: ipcrm -M 54321 -S 56789.

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

#include <sys/sem.h>  // sembuf, SETVAL
#include <unistd.h>   // getpid

#include <cerrno>

namespace {

struct Count {
    volatile int count;  // volatile, so that the compiler really reads and writes
};

int resetting_worker(key_t shm_key, key_t sem_key, bool pause) {
    const int shmid = checked::shmget(shm_key, sizeof(Count), IPC_CREAT | 0600);
    void* memory = checked::shmat(shmid, nullptr, 0);
    auto* shared = static_cast<Count*>(memory);  // a new segment is all zeros

    //! [reset semaphore]
    const int semid = checked::semget(sem_key, 1, IPC_CREAT | 0600);
    checked::semctl(semid, 0, SETVAL, 1);  // "no process is inside", says each
    //! [reset semaphore]

    sembuf wait = {.sem_num = 0, .sem_op = -1, .sem_flg = 0};
    while (checked::semop(semid, &wait, 1, checked::allow(EINTR)) == -1) shm::check_stop();
    const int seen = shared->count;
    shm::say("Process {}: Entering critical section", getpid());
    if (pause) shm::wait_for_enter("Press Enter to write what I read, plus 1...");
    shared->count = seen + 1;
    shm::say("Process {}: Updated count to {}", getpid(), seen + 1);
    shm::say("Process {}: Exiting critical section", getpid());
    sembuf post = {.sem_num = 0, .sem_op = +1, .sem_flg = 0};
    checked::semop(semid, &post, 1);
    checked::shmdt(memory);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t shm_key = 54321;
    key_t sem_key = 56789;
    bool pause = false;
    return shm::program(
        argc, argv, "Broken on purpose: a critical section whose semaphore each process resets.",
        [&](shm::Options& options) {
            options.key("--shm-key", shm_key, "The segment's key");
            options.key("--sem-key", sem_key, "The semaphore's key");
            options.flag("--pause", pause, "Wait for Enter between reading and writing");
        },
        [&] { return resetting_worker(shm_key, sem_key, pause); });
}
