/// @file
/// Exercise 03.2: what lies in the object, and how a worker finds it.
#pragma once

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <pthread.h>   // pthread_mutex_t
#include <sys/mman.h>  // shm_open, mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // ftruncate

#include <cerrno>
#include <cstdint>

struct Ledger {
    std::uint32_t left;     // what lies left; 100 at first
    std::uint32_t right;    // what lies right; 0 at first
    std::int32_t holder;    // the pid of the process that holds the mutex; 0: none
    pthread_mutex_t mutex;  // the mutex, held by the process that changes the three above
};

constexpr std::uint32_t sum = 100;

// Maps the object `name`, or creates it. Returns nothing if that fails; errno says why.
inline Ledger* map_ledger(const char* name, bool create) {
    const int fd = shm_open(name, create ? O_CREAT | O_EXCL | O_RDWR : O_RDWR, 0600);
    if (fd == -1) return nullptr;
    void* memory = MAP_FAILED;
    struct stat status = {};
    if ((!create || ftruncate(fd, sizeof(Ledger)) == 0) && fstat(fd, &status) == 0) {
        if (status.st_size < static_cast<off_t>(sizeof(Ledger))) {
            errno = ENODATA;  // a creator was killed before it gave the object its size
        } else {
            memory = mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        }
    }
    const int error = errno;
    close(fd);
    errno = error;
    return memory == MAP_FAILED ? nullptr : static_cast<Ledger*>(memory);
}
