// A wrong answer: only the first step is undone, also when the second one was made.
// scene: one at a time, later too
// says: belongs to both steps

#include "exercise.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>  // strtol

namespace {

bool change(int set, unsigned short semaphore, short by) {
    sembuf step = {semaphore, by, by < 0 ? static_cast<short>(SEM_UNDO) : static_cast<short>(0)};
    return semop(set, &step, 1) == 0;
}

bool initialise(int set) {
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
