// Exercise 03.2: a lock that survives a killed holder. Called as: worker NAME [create]
// This program waits for ever for a holder that is dead. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Ledger, map_ledger

#include <cerrno>  // EOWNERDEAD
#include <cstdio>
#include <cstring>  // strcmp

namespace {

// Your turn, in both functions. What must the kernel know of the mutex, to tell you of a death?
// And what has a holder left behind that died in between?
void prepare(pthread_mutex_t& mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&mutex, &attributes);
}

bool enter(Ledger& ledger) {
    return pthread_mutex_lock(&ledger.mutex) == 0;
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
