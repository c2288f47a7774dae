// Exercise 03.1, one solution: the process that comes first initialises the set, in one step that
// the kernel does as a whole or not at all.

#include "exercise.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool change(int set, unsigned short semaphore, short by) {
    sembuf step = {semaphore, by, SEM_UNDO};  // undone if we end without the opposite step
    while (semop(set, &step, 1) == -1) {
        if (errno != EINTR) return false;  // a signal came, or SIGCONT (man 7 signal): wait again
    }
    return true;
}

bool initialise(int set) {
    // "If it is not initialised, it is now, and the section is free": as one step, so no process
    // can see, or die, in the middle. Without SEM_UNDO: it stays so when we end.
    sembuf steps[] = {
        {initialised, 0, IPC_NOWAIT},
        {initialised, 1, 0},
        {section, 1, 0},
    };
    return semop(set, steps, 3) == 0 || errno == EAGAIN;
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
