// A wrong answer: it asks whether the holder's pid exists.
// scene: the holder is a zombie
// says: kill(pid, 0)

#include "exercise.hpp"

#include <signal.h>  // kill

#include <cerrno>
#include <cstdio>
#include <cstring>  // strcmp

namespace {

void prepare(pthread_mutex_t& mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&mutex, &attributes);
}

bool enter(Ledger& ledger) {
    while (pthread_mutex_trylock(&ledger.mutex) == EBUSY) {
        if (ledger.holder != 0 && kill(ledger.holder, 0) == -1) {
            ledger.right = sum - ledger.left;
            prepare(ledger.mutex);
        }
        usleep(1000);
    }
    return true;
}

int create(Ledger& ledger) {
    ledger.left = sum;
    prepare(ledger.mutex);
    return 0;
}

int move_one(Ledger& ledger) {
    if (!enter(ledger)) {
        std::fprintf(stderr, "worker: the mutex cannot be locked\n");
        return 1;
    }
    ledger.holder = getpid();
    ledger.left -= 1;
    std::printf("In\n");
    std::getchar();  // until Enter
    ledger.right += 1;
    std::printf("Left: %u, right: %u\n", ledger.left, ledger.right);
    ledger.holder = 0;
    return pthread_mutex_unlock(&ledger.mutex) == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const bool creates = argc == 3 && std::strcmp(argv[2], "create") == 0;
    if (argc != 2 && !creates) {
        std::fprintf(stderr, "usage: worker NAME [create]\n");
        return 2;
    }
    Ledger* ledger = map_ledger(argv[1], creates);
    if (ledger == nullptr) {
        std::perror("worker");
        return 1;
    }
    return creates ? create(*ledger) : move_one(*ledger);
}
