/// @file
/// Exercise 03.1, the other side: creates the set, and ends before it has initialised it.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

int main(int argc, char** argv) {
    key_t key = 56790;
    return shm::program(
        argc, argv, "Creates a set of two semaphores, and ends before it has initialised them.",
        [&](shm::Options& options) { options.key("--key", key, "The set's key"); },
        [&] {
            checked::semget(key, semaphores, IPC_CREAT | IPC_EXCL | 0600);
            shm::say("Created the set; both semaphores are 0");
            return 0;
        });
}
