// A wrong answer: it acknowledges a message before it has printed it. (It copies the text first:
// else the producer could put the next one over it, and another scene would fail, now and then.)
// scene: a consumer is killed before it has printed
// says: then store taken

#include "exercise.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>  // shmget, shmat, shmdt
#include <unistd.h>   // usleep

#include <cstdio>
#include <cstdlib>  // strtol
#include <cstring>  // memcpy, strnlen

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
    while (slot->messages.load() == 0) usleep(1000);  // it is not ready yet

    const std::uint32_t last = slot->messages.load();
    for (std::uint32_t number = slot->taken.load() + 1; number <= last; ++number) {
        while (slot->sent.load() != number) usleep(1000);
        char text[sizeof(slot->text)];
        std::memcpy(text, slot->text, sizeof(text));
        slot->taken.store(number);
        const auto length = static_cast<int>(strnlen(text, sizeof(text)));
        std::printf("Received: %.*s\n", length, text);
    }

    std::printf("Finished\n");
    shmdt(memory);
    return 0;
}
