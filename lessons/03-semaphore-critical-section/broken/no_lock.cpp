/// @file
/// Lesson 03, the obvious wrong way: read, change, write back, and no other process is kept out in
/// between. It uses worker's keys and checks nothing: do not run it beside worker. It leaves its
/// segment: ipcrm -M 54321.

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>  // IPC_CREAT
#include <unistd.h>   // getpid

namespace {

struct Count {
    volatile int count;  // volatile, so that the compiler really reads and writes
};

int no_lock(key_t key, bool pause) {
    const int shmid = checked::shmget(key, sizeof(Count), IPC_CREAT | 0600);
    void* memory = checked::shmat(shmid, nullptr, 0);
    auto* shared = static_cast<Count*>(memory);  // a new segment is all zeros

    //! [lost update]
    const int seen = shared->count;
    shm::say("Process {}: Entering critical section", getpid());
    if (pause)
        shm::wait_for_enter("Press Enter to write what I read, plus 1...");  // any time will do
    shared->count = seen + 1;
    shm::say("Process {}: Updated count to {}", getpid(), seen + 1);
    shm::say("Process {}: Exiting critical section", getpid());
    //! [lost update]
    checked::shmdt(memory);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 54321;
    bool pause = false;
    return shm::program(
        argc, argv, "Broken on purpose: a critical section without a lock.",
        [&](shm::Options& options) {
            options.key("--shm-key", key, "The segment's key");
            options.flag("--pause", pause, "Wait for Enter between reading and writing");
        },
        [&] { return no_lock(key, pause); });
}
