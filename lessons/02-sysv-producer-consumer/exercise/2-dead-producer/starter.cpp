// Exercise 02.2: notice that the producer has died. Called as: consumer KEY
// This program waits for ever for a producer that is dead. There is one place to write: "Your
// turn".

#include "exercise.hpp"  // struct Slot: what lies in the segment

#include <sys/ipc.h>
#include <sys/shm.h>  // shmget, shmat, shmdt
#include <unistd.h>   // usleep

#include <cerrno>
#include <csignal>  // kill
#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool producer_is_dead(int shmid, const Slot& slot) {
    // Your turn. What does the kernel know of this segment, and of the process that created it?
    (void)shmid;
    (void)slot;
    return false;
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
