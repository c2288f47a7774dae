/// @file
/// Lesson 05, ladder, step 1: a mutex. Right, and easy to see that it is.
#pragma once

#include "step.hpp"

#include "common/program/check.hpp"

#include <pthread.h>  // process-shared, robust mutexes

namespace ladder {

/// Every call locks the ring, and so waits for the other side.
struct MutexRing {
    pthread_mutex_t mutex;
    std::uint64_t pushed = 0;  ///< so many messages, ever
    std::uint64_t popped = 0;
    std::uint32_t slots[capacity];

    MutexRing() {
        pthread_mutexattr_t shared;
        int error = pthread_mutexattr_init(&shared);
        if (error == 0) error = pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
        // Robust: a killed owner is noticed.
        if (error == 0) error = pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
        if (error == 0) error = pthread_mutex_init(&mutex, &shared);
        shm::check_returned(error, "pthread_mutex_init", "the ladder's ring");
        pthread_mutexattr_destroy(&shared);
    }

    //! [mutex push]
    bool try_push(std::uint32_t message) {
        const Locked locked(mutex);
        if (pushed - popped == capacity) return false;
        slots[pushed % capacity] = message;
        pushed = pushed + 1;
        return true;
    }
    //! [mutex push]

    bool try_pop(std::uint32_t& message) {
        const Locked locked(mutex);
        if (popped == pushed) return false;
        message = slots[popped % capacity];
        popped = popped + 1;
        return true;
    }

private:
    class Locked {
    public:
        explicit Locked(pthread_mutex_t& mutex) : mutex_(mutex) {
            const int error = pthread_mutex_lock(&mutex_);
            if (error != 0) shm::fail(error, "pthread_mutex_lock", "the ladder's ring");
        }
        Locked(const Locked&) = delete;
        Locked& operator=(const Locked&) = delete;
        ~Locked() { pthread_mutex_unlock(&mutex_); }

    private:
        pthread_mutex_t& mutex_;
    };
};

}  // namespace ladder
