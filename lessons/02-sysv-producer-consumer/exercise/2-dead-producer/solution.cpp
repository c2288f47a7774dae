// Exercise 02.2, one solution: it asks the kernel how many attachments there are.

#include "exercise.hpp"

#include <poll.h>
#include <sys/ipc.h>
#include <sys/shm.h>      // shmget, shmat, shmdt
#include <sys/syscall.h>  // SYS_pidfd_open
#include <unistd.h>       // syscall, usleep

#include <cerrno>
#include <cstdio>
#include <cstdlib>  // strtol

namespace {

/// A zombie has ended, too, while kill(pid, 0) still finds it.
bool has_ended(pid_t pid) {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (process == -1) return errno == ESRCH;
    pollfd asked{process, POLLIN, 0};
    const bool ended = poll(&asked, 1, 0) == 1;
    close(process);
    return ended;
}

bool producer_is_dead(int shmid, const Slot& slot) {
    // Before the kernel counts. In the other order, a producer could attach and write in between:
    // the count would miss it, the slot would be ready, and it would be taken for dead.
    const bool is_ready = slot.messages.load() != 0;
    shmid_ds state{};
    if (shmctl(shmid, IPC_STAT, &state) == -1) return true;
    const bool alone = state.shm_nattch <= 1;
    // It has attached before it said how many messages there will be, so now it is gone.
    if (is_ready) return alone;
    // It may not have attached yet; then its process runs.
    return alone && has_ended(state.shm_cpid);
}

int give_up(int shmid) {
    std::printf("The producer has ended\n");
    shmctl(shmid, IPC_RMID, nullptr);  // no other process will
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: consumer KEY\n");
        return 2;
    }
    const auto key = static_cast<key_t>(std::strtol(argv[1], nullptr, 0));
    const int shmid = shmget(key, 0, 0600);
    if (shmid == -1) {
        std::perror("consumer: shmget");
        return 1;
    }
    void* memory = shmat(shmid, nullptr, 0);
    if (memory == reinterpret_cast<void*>(-1)) {
        std::perror("consumer: shmat");
        return 1;
    }
    auto* slot = static_cast<Slot*>(memory);
    for (std::uint32_t number = 1; slot->messages.load() == 0 || number <= slot->messages;
         ++number) {
        while (slot->sent.load() != number) {
            // First whether it is dead, then once more for a message: it may have sent its last one
            // just before it died. Who is dead sends none after that second look.
            const bool is_dead = producer_is_dead(shmid, *slot);
            if (is_dead && slot->sent.load() != number) return give_up(shmid);
            usleep(1000);
        }
        std::printf("Received message %u\n", number);
        slot->taken.store(number);
    }
    std::printf("Finished\n");
    return 0;
}
