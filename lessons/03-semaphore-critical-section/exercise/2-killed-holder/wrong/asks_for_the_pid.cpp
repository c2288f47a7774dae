// A wrong answer: it asks whether the holder's pid exists.
// scene: the holder is a zombie
// says: kill(pid, 0)

#include "exercise.hpp"

#include <signal.h>  // kill

#include <cstdio>
#include <cstring>  // strcmp
#include <ctime>    // clock_gettime

namespace {

void prepare(pthread_mutex_t& mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&mutex, &attributes);
}

bool locks_soon(pthread_mutex_t& mutex) {
    timespec end{};
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += 5'000'000;
    if (end.tv_nsec >= 1'000'000'000) {
        end.tv_sec += 1;
        end.tv_nsec -= 1'000'000'000;
    }
    return pthread_mutex_timedlock(&mutex, &end) == 0;
}

bool enter(Ledger& ledger) {
    while (!locks_soon(ledger.mutex)) {
        if (ledger.holder != 0 && kill(ledger.holder, 0) == -1) {
            ledger.right = sum - ledger.left;
            prepare(ledger.mutex);
        }
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
