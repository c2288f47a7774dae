/// @file
/// Exercise 07.1: what lies in the object that `receiver` creates, and how its sleep is ended.
#pragma once

#include <fcntl.h>        // O_RDWR
#include <linux/futex.h>  // FUTEX_WAKE
#include <sys/mman.h>     // shm_open, mmap
#include <sys/syscall.h>  // SYS_futex
#include <unistd.h>       // syscall

#include <atomic>
#include <climits>  // INT_MAX
#include <cstdint>

constexpr std::uint32_t messages = 1000;

struct Outbox {
    std::atomic<std::uint32_t> sent;      // how many messages are there; the receiver sleeps on it
    std::atomic<std::uint32_t> sleeping;  // 1: the receiver sleeps, or is about to
    std::uint64_t message[messages];      // message N, at place N - 1, holds the number N
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// Wakes the process that sleeps on `word`, if there is one: one system call (man 2 futex).
inline void wake(std::atomic<std::uint32_t>& word) {
    syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// Maps the object `name`. Returns nothing if that fails; errno says why.
inline Outbox* map_outbox(const char* name) {
    const int fd = shm_open(name, O_RDWR, 0);
    if (fd == -1) return nullptr;
    void* memory = mmap(nullptr, sizeof(Outbox), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<Outbox*>(memory);
}
