// A wrong answer: the creator sets it, and the others wait until it has used it.
// scene: the creator has died
// says: waits for a creator

#include "exercise.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool change(int set, unsigned short semaphore, short by) {
    sembuf step = {semaphore, by, SEM_UNDO};  // undone if we end without the opposite step
    return semop(set, &step, 1) == 0;
}

bool initialise(int set) {
    return semctl(set, section, SETVAL, 1) == 0 && change(set, initialised, 0);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: worker KEY\n");
        return 2;
    }
    const auto key = static_cast<key_t>(std::strtol(argv[1], nullptr, 0));
    int set = semget(key, semaphores, IPC_CREAT | IPC_EXCL | 0600);
    const bool created = set != -1;
    if (!created && errno == EEXIST) set = semget(key, semaphores, 0600);
    semid_ds state{};
    while (!created && semctl(set, 0, IPC_STAT, &state) == 0 && state.sem_otime == 0) usleep(1000);
    if (set == -1 || (created && !initialise(set)) || !change(set, section, -1)) {
        std::perror("worker");
        return 1;
    }
    std::printf("In\n");
    std::getchar();  // until Enter
    std::printf("Out\n");
    return change(set, section, +1) ? 0 : 1;
}
