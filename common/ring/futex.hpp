// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The kernel's calls to sleep until a word is no longer 1, or any of several, and to wake who
/// sleeps so (man 2 futex); lesson 05.
#pragma once

#include <linux/futex.h>  // FUTEX_WAIT, FUTEX_WAKE
#include <sys/syscall.h>  // SYS_futex, SYS_futex_waitv
#include <time.h>         // timespec
#include <unistd.h>       // syscall

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

// FUTEX_WAIT for `timeout` at most if the word is 1, or FUTEX_WAKE.
inline long futex(const std::atomic<std::uint32_t>& word, int operation, const timespec* timeout) {
#ifdef SYS_futex_time64
    // 32 bits: SYS_futex would read such a time (-D_TIME_BITS=64) wrongly, and not sleep at all.
    if constexpr (sizeof(timeout->tv_sec) > sizeof(long))
        return syscall(SYS_futex_time64, &word, operation, 1, timeout, nullptr,
                       0);  // since Linux 5.1
    else
#endif
        return syscall(SYS_futex, &word, operation, 1, timeout, nullptr, 0);
}

// A word to sleep on together with others, as the kernel reads it: its struct futex_waitv, which
// the kernel's own header has since Linux 5.16.
struct FutexWait {
    std::uint64_t value = 1;
    std::uint64_t address = 0;
    std::uint32_t flags = 2;  // FUTEX_32: of 32 bits; and not private to this process
    std::uint32_t reserved = 0;
};
constexpr std::size_t most_futexes = 128;  // FUTEX_WAITV_MAX

struct KernelTime {  // of 64 bits each, whatever a timespec of this program has
    std::int64_t seconds, nanoseconds;
};

// Sleeps until one of the words is woken, or is not 1, or it is `end`. Returns false, at once, if
// the kernel has no such call: before Linux 5.16, or where a filter of system calls forbids it.
inline bool futex_wait_any(std::span<const FutexWait> words,
                           std::chrono::steady_clock::time_point end) {
#ifdef SYS_futex_waitv
    constexpr long number = SYS_futex_waitv;
#else
    constexpr long number = -1;  // compiled with older headers: no such call either
#endif
    using namespace std::chrono;
    const auto time = duration_cast<nanoseconds>(end.time_since_epoch()).count();
    const KernelTime until = {time / 1'000'000'000, time % 1'000'000'000};
    // std::chrono::steady_clock is CLOCK_MONOTONIC here.
    const long woken = syscall(number, words.data(), words.size(), 0, &until, CLOCK_MONOTONIC);
    return woken >= 0 || errno == EAGAIN || errno == EINTR || errno == ETIMEDOUT;
}

}  // namespace shm::ring
/// @endcond
