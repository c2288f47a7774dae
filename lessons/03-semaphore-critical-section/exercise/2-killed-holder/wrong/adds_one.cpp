// A wrong answer: after each death it adds 1, whether anything is missing or not.
// scene: the holder is killed before it has moved anything
// says: Nothing was missing

#include "exercise.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>  // strcmp

namespace {

void prepare(pthread_mutex_t& mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &attributes);
}

bool enter(Ledger& ledger) {
    const int error = pthread_mutex_lock(&ledger.mutex);
    if (error == EOWNERDEAD) {
        ledger.right += 1;
        return pthread_mutex_consistent(&ledger.mutex) == 0;
    }
    return error == 0;
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
