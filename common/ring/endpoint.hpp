// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The two endpoints of a ring, as they lie in memory: by which process each is claimed, whether
/// that process lives, whether it sleeps; lesson 05.
#pragma once

#include "futex.hpp"
#include "ring_error.hpp"

#include <linux/futex.h>       // FUTEX_WAKE
#include <linux/membarrier.h>  // MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED
#include <pthread.h>           // robust mutexes
#include <sched.h>             // sched_getcpu
#include <sys/syscall.h>       // SYS_membarrier, SYS_write
#include <time.h>              // nanosleep
#include <unistd.h>            // syscall

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>  // uncaught_exceptions
#include <string>
#include <system_error>

namespace shm {

/// How an end waits for its peer.
enum class Waits {
    /// Looks for some 20 us, then sleeps. Its process is registered for membarrier (man 2
    /// membarrier): each time that an end sleeps, here or in any other ring of this machine, the
    /// kernel interrupts the processors on which registered processes run, for a microsecond or so.
    sleeping,
    /// Looks for as long as it waits, which makes no system call, and takes a processor: for
    /// processors that run nothing else. Its process is not registered: nothing interrupts it, if
    /// all its ends are of this kind, and so were its parent's before the fork. A peer that sleeps
    /// may not rely on being woken at once: it looks each millisecond; and to wake it costs a
    /// system call, unless it spins as well.
    spinning,
};

/// @cond  What a ring consists of; not for users.
namespace ring {

constexpr std::size_t two_lines = 128;  // processors fetch lines in pairs

struct alignas(
    two_lines) Endpoint {  // NOLINT(clang-analyzer-optin.performance.Padding): it is wanted
    static constexpr std::uint32_t claimed = 1, released = 2;  // `state`; 0: never claimed
    static constexpr std::uint32_t awake = 0, sleeping = 1, polling = 2;  // `asleep`

    pthread_mutex_t
        lock;  // robust, and held while the endpoint is claimed: it dies with its holder
    std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> fenced;                     // 1: membarrier reaches the process
    std::atomic<std::uint32_t> peer_cpu;                   // where its peer ran last, plus 1
    alignas(two_lines) std::atomic<std::uint32_t> asleep;  // or about to be. A futex; the peer
};                                                         // looks at it all the time

inline void make_lock(Endpoint& endpoint) {
    pthread_mutexattr_t robust;
    int error = pthread_mutexattr_init(&robust);
    if (error == 0) error = pthread_mutexattr_setpshared(&robust, PTHREAD_PROCESS_SHARED);
    if (error == 0) error = pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    if (error == 0) error = pthread_mutex_init(&endpoint.lock, &robust);
    if (error != 0) fail("cannot have a robust lock: ", std::system_category().message(error));
    pthread_mutexattr_destroy(&robust);
}

// Returns 0 if no living thread had the lock, and this one has it now; EBUSY if one has it; else
// what is wrong with the lock (broken_lock()).
inline int try_lock(Endpoint& endpoint) {
    const int error = pthread_mutex_trylock(&endpoint.lock);
    return error == EOWNERDEAD ? pthread_mutex_consistent(&endpoint.lock) : error;
}

// `error` is what a lock said that is neither free nor taken: it was never made, or scribbled over.
[[noreturn]] inline void broken_lock(int error) {
    fail("is broken: one of its locks says ", std::system_category().message(error));
}

inline std::uint32_t this_cpu() {
    return static_cast<std::uint32_t>(sched_getcpu() + 1);
}

// Tells the peer where we run, if that is news: any store takes the line away from the peer.
inline void note_cpu(Endpoint& peer) {
    const std::uint32_t cpu = this_cpu();
    // relaxed, both: a hint, and no more
    if (peer.peer_cpu.load(std::memory_order_relaxed) != cpu)
        peer.peer_cpu.store(cpu, std::memory_order_relaxed);
}

// A write that is no point of cancellation: it can end by nothing that is thrown.
inline void wake_poller(int event) {
    const std::uint64_t one = 1;
    syscall(SYS_write, event, &one, sizeof(one));
}

// The loop around this call has to keep registers free for its arguments, and for what to do if it
// threw, though the call is seldom made: each message would cost a store or a load more. So it does
// not throw, and takes two arguments.
[[gnu::noinline]] inline void wake(Endpoint& peer, int event) noexcept {
    note_cpu(peer);
    // release: who finds `awake` here, and so does not sleep, finds what was published before, too
    const std::uint32_t was = peer.asleep.exchange(Endpoint::awake, std::memory_order_release);
    if (was == Endpoint::polling && event != -1)
        wake_poller(event);
    else if (was != Endpoint::awake)
        futex(peer.asleep, FUTEX_WAKE, nullptr);
}

//! [wake peer]
// Called after something was published: a store, then a load, which processors swap. Each message
// would have to pay for a fence between them: the sleeper makes us execute one instead (wait()).
[[gnu::always_inline]] inline void wake_sleeper(Endpoint& peer, int event) {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler must not swap them either
    // relaxed: decides only whether to look closer
    if (peer.asleep.load(std::memory_order_relaxed) != Endpoint::awake) [[unlikely]]
        wake(peer, event);
}
//! [wake peer]

[[gnu::noinline]] inline void claim(Endpoint& mine, Endpoint& peer, const char* who, Waits waits) {
    // A peer that looks whether we live has the lock for a moment, or for longer if others have its
    // processor: wait for it, asleep, lest we be what keeps it from running.
    using namespace std::chrono_literals;
    const auto end = std::chrono::steady_clock::now() + 1s;
    const timespec pause = {0, 1'000'000};
    int error = try_lock(mine);
    while (error == EBUSY && std::chrono::steady_clock::now() < end) {
        nanosleep(&pause, nullptr);
        error = try_lock(mine);
    }
    if (error == EBUSY)
        fail("cannot have a second live ",
             who + std::string(" (or its peer was stopped while it looked whether one lives)"));
    if (error != 0) broken_lock(error);
    const bool is_registered =
        waits == Waits::sleeping &&
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
    mine.fenced.store(is_registered, std::memory_order_relaxed);    // relaxed: published by `state`
    mine.asleep.store(Endpoint::awake, std::memory_order_relaxed);  // relaxed: likewise
    note_cpu(peer);
    // release: who reads it knows `fenced`. seq_cst, both: a peer that still sees our predecessor's
    // state after its membarrier, and sleeps long, has said so before we look. (A weaker look may
    // come before the store; on Arm even before an exchange.)
    mine.state.store(Endpoint::claimed, std::memory_order_seq_cst);
    // What it says is of no use here; but no later look finds an older word.
    static_cast<void>(peer.asleep.load(std::memory_order_seq_cst));
}

[[gnu::noinline]] inline void release(Endpoint& mine, Endpoint& peer, int event) {
    // Else `state` stays `claimed`, as a process that was killed leaves it. (How many exceptions
    // were on their way as the end was made is not kept: one number more to have in registers.)
    const bool is_finished = std::uncaught_exceptions() == 0;
    // release: with all that was published
    if (is_finished) mine.state.store(Endpoint::released, std::memory_order_release);
    pthread_mutex_unlock(&mine.lock);
    wake(peer, event);
}

}  // namespace ring
/// @endcond

}  // namespace shm
