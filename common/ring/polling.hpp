// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// How an end of a ring waits by poll, with an eventfd that its peer writes; lesson 05.
#pragma once

#include "endpoint.hpp"
#include "ring_error.hpp"
#include "waiting.hpp"
#include "watch.hpp"

#include <fcntl.h>        // fcntl
#include <sys/syscall.h>  // SYS_read
#include <unistd.h>       // syscall

#include <atomic>
#include <chrono>
#include <cstdint>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

// Throws if a write to this eventfd could wait.
[[gnu::noinline]] inline void check_event(int event) {
    if (event == -1) return;
    const int flags = fcntl(event, F_GETFL);
    if (flags == -1 || (flags & O_NONBLOCK) == 0)
        fail("needs an eventfd that was made with EFD_NONBLOCK");
}

// Says that an end is going to poll, as wait_sleeping() says that it sleeps. Returns for how many
// milliseconds it may; 0: it does not poll, there is something to be looked at.
[[gnu::noinline]] inline int begin_poll(const Watch& watch) {
    const Watches watches(&watch, 1);
    say(watches, Endpoint::polling);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // for the compiler
    const Clock::duration most = fence_peers(watches);
    if (!find_gone(watches) && !watch.has_changed())
        return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(most).count());
    say(watches, Endpoint::awake);
    return 0;
}

[[gnu::noinline]] inline void end_poll(Endpoint& mine, int event) noexcept {
    // relaxed: at worst we are woken in vain
    mine.asleep.store(Endpoint::awake, std::memory_order_relaxed);
    std::uint64_t count = 0;
    syscall(SYS_read, event, &count, sizeof(count));  // or there is nothing in it
}

}  // namespace shm::ring
/// @endcond
