// A wrong answer: it takes a producer that has not attached yet for dead.
// scene: the producer has not attached yet
// says: has not attached yet

#include "exercise.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>  // shmget, shmat, shmdt
#include <unistd.h>   // usleep

#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool producer_is_dead(int shmid, const Slot& slot) {
    (void)slot;
    shmid_ds state{};
    return shmctl(shmid, IPC_STAT, &state) == -1 || state.shm_nattch <= 1;
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
            if (producer_is_dead(shmid, *slot)) return give_up(shmid);
            usleep(1000);
        }
        std::printf("Received message %u\n", number);
        slot->taken.store(number);
    }
    std::printf("Finished\n");
    return 0;
}
