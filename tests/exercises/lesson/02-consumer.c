// Lesson 02's consumer, written by hand in C: tests/exercises lets it play the lesson's scenes.
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

struct slot {
    _Atomic uint64_t magic;
    uint16_t version, abi;
    uint32_t size, messages;
    _Atomic uint32_t consumers, state;
    uint32_t counter;
    char text[256];
};

int main(int argc, char **argv) {
    key_t key = 12345;
    unsigned messages = 5;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--key")) key = (key_t)strtol(argv[i + 1], NULL, 0);
        if (!strcmp(argv[i], "--messages")) messages = (unsigned)atoi(argv[i + 1]);
    }
    int shmid;
    while ((shmid = shmget(key, 0, 0)) == -1) usleep(1000);
    struct slot *slot = shmat(shmid, NULL, 0);
    if (slot == (void *)-1) return 1;
    while (atomic_load(&slot->magic) == 0) usleep(1000);
    if (slot->magic != 0x746f6c7365676d31 || slot->size != sizeof *slot) return 1;
    atomic_fetch_add(&slot->consumers, 1);
    shmctl(shmid, IPC_RMID, NULL);
    printf("Consumer: Connected to shared memory\nShared memory ID: %d\n", shmid);
    for (unsigned i = 0; i < messages; i++) {
        while (atomic_load(&slot->state) != 1) usleep(1000);
        printf("Consumer: Received - Counter: %u, Message: %.256s\n", slot->counter, slot->text);
        atomic_store(&slot->state, 0);
    }
    printf("Consumer: Finished and cleaned up\n");
    return 0;
}
