// Exercise 03.1: a section for one process at a time, whichever comes first. Called as: worker KEY
// Two of this program can be in the section at once. There is one place to write: "Your turn".

#include "exercise.hpp"  // which semaphore means what

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
    // Your turn. Each worker comes here. What if another one is in the section already?
    return semctl(set, section, SETVAL, 1) == 0;
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
