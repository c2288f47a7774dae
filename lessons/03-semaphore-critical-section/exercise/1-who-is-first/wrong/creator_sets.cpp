// A wrong answer: only the creator sets it, and it can die before it has.
// scene: the creator has died
// says: killed between

#include "exercise.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool change(int set, unsigned short semaphore, short by) {
    sembuf step = {semaphore, by, SEM_UNDO};  // undone if we end without the opposite step
    return semop(set, &step, 1) == 0;
}

bool initialise(int set) {
    return semctl(set, section, SETVAL, 1) == 0;
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
    if (set == -1 || (created && !initialise(set)) || !change(set, section, -1)) {
        std::perror("worker");
        return 1;
    }
    std::printf("In\n");
    std::getchar();  // until Enter
    std::printf("Out\n");
    return change(set, section, +1) ? 0 : 1;
}
