// A wrong answer: it sets the semaphore if it is 0, as it is while a process is in the section.
// scene: one at a time
// says: a 0 means two things

#include "exercise.hpp"

#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool change(int set, unsigned short semaphore, short by) {
    sembuf step = {semaphore, by, SEM_UNDO};  // undone if we end without the opposite step
    return semop(set, &step, 1) == 0;
}

bool initialise(int set) {
    // Nobody has set it yet?
    return semctl(set, section, GETVAL) != 0 || semctl(set, section, SETVAL, 1) == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: worker KEY\n");
        return 2;
    }
    const auto key = static_cast<key_t>(std::strtol(argv[1], nullptr, 0));
    const int set = semget(key, semaphores, IPC_CREAT | 0600);
    if (set == -1 || !initialise(set) || !change(set, section, -1)) {
        std::perror("worker");
        return 1;
    }
    std::printf("In\n");
    std::getchar();  // until Enter
    std::printf("Out\n");
    return change(set, section, +1) ? 0 : 1;
}
