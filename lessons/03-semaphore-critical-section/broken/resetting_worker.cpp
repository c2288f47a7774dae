/// @file
/// Lesson 03, the obvious wrong way: a semaphore that each process sets to 1 as it starts, also
/// while another one is inside.

#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <sys/sem.h>  // semget, semctl, semop
#include <sys/shm.h>  // shmget, shmat, shmdt
#include <unistd.h>   // getpid

using shm::check;

namespace {

union SemctlArgument {  // the caller has to declare it (man 2 semctl)
    int value;
};

struct Count {
    volatile int count;  // volatile, so that the compiler really reads and writes
};

int resetting_worker(key_t shm_key, key_t sem_key, bool pause) {
    const std::string segment = shm::key_text(shm_key);
    const std::string set = shm::key_text(sem_key);
    const int shmid = check(shmget(shm_key, sizeof(Count), IPC_CREAT | 0600), "shmget", segment);
    void* memory = shm::check_mapped(shmat(shmid, nullptr, 0), "shmat", segment);
    auto* shared = static_cast<Count*>(memory);  // a new segment is all zeros

    //! [reset semaphore]
    const int semid = check(semget(sem_key, 1, IPC_CREAT | 0600), "semget", set);
    const SemctlArgument one = {.value = 1};
    check(semctl(semid, 0, SETVAL, one), "semctl SETVAL", set);  // "free", says every newcomer
    //! [reset semaphore]

    sembuf take = {.sem_num = 0, .sem_op = -1, .sem_flg = 0};
    check(semop(semid, &take, 1), "semop", set);
    const int seen = shared->count;
    shm::say("Process {}: Entering critical section", getpid());
    if (pause) shm::wait_for_enter("Press Enter to write what I read, plus 1...");
    shared->count = seen + 1;
    shm::say("Process {}: Updated count to {}", getpid(), seen + 1);
    shm::say("Process {}: Exiting critical section", getpid());
    sembuf give = {.sem_num = 0, .sem_op = +1, .sem_flg = 0};
    check(semop(semid, &give, 1), "semop", set);
    check(shmdt(memory), "shmdt", segment);
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
