// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// How an end of a ring waits for the other: first awake, then asleep in the kernel, looking now
/// and then whether the peer still lives; lesson 05.
#pragma once

#include "endpoint.hpp"

#include <linux/futex.h>       // FUTEX_WAIT
#include <linux/membarrier.h>  // MEMBARRIER_CMD_GLOBAL_EXPEDITED
#include <pthread.h>
#include <sys/syscall.h>  // SYS_membarrier
#include <time.h>         // timespec
#include <unistd.h>       // syscall

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>

namespace shm {

/// How a wait ended.
enum class WaitResult {
    ready,      ///< there is what was waited for
    timed_out,  ///< nothing until the time was up
    closed,     ///< nothing will come: the peer has left, and everything it sent was taken
    peer_died,  ///< the same, but the peer was killed, or ended without a word
};

/// @cond  What a ring consists of; not for users.
namespace ring {

using Clock = std::chrono::steady_clock;

template <typename Word>
struct Change {  // what is waited for: that `word` is no longer `seen`
    // acquire: what was published with it is read next
    bool is_there() const { return word.load(std::memory_order_acquire) != seen; }

    const std::atomic<Word>& word;
    Word seen;
};

// Looks for 20 us at most: a peer that runs answers in less time than a sleep takes.
template <typename Word>
[[gnu::always_inline]] inline bool wait_awake(const Change<Word>& change, Clock::time_point end) {
    using namespace std::chrono_literals;
    const auto awake_until = std::min(end, Clock::now() + 20us);
    do {
        for (int looks = 0; looks < 64; ++looks) {
            if (change.is_there()) return true;
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();  // 10 to 50 ns, in which the peer keeps its line
#elif defined(__aarch64__)
            asm volatile("isb");
#endif
        }
    } while (Clock::now() < awake_until);
    return false;
}

// "I sleep" and the last look are a store and a load, which processors swap (see wake_sleeper()).
// The membarrier between them makes every running thread of the peer execute a fence (man 2
// membarrier): if its look at `asleep` came before that, so did its publication, and our look sees
// it. Where either side has no membarrier, sleeps are short instead; and so is the first one if
// both are on one processor, where a switch from one to the other does the same: the hint may be
// old. (Not shorter than a tick of the kernel: for that it would have to set its timer, which costs
// more than all the rest.)
template <typename Word>
[[gnu::always_inline]] inline WaitResult wait_asleep(const Change<Word>& change, Endpoint& mine,
                                                     Endpoint& peer, bool beside_peer,
                                                     Clock::time_point end) {
    using namespace std::chrono_literals;
    //! [fall asleep]
    WaitResult result = WaitResult::ready;
    while (!change.is_there()) {
        mine.asleep.store(1, std::memory_order_relaxed);  // relaxed: the membarrier orders it
        std::atomic_signal_fence(
            std::memory_order_seq_cst);  // for the compiler, where there is none
        // acquire: with `state` comes `fenced`, and everything that a peer sent before it left
        std::uint32_t state = peer.state.load(std::memory_order_acquire);
        const bool fenced = !beside_peer && peer.fenced.load(std::memory_order_relaxed) != 0 &&
                            state == Endpoint::claimed &&
                            syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
        const int locked = state == 0 ? EBUSY : try_lock(peer);  // looked at before the last look
        if (locked != 0 && locked != EBUSY) broken_lock(locked);
        const bool gone = locked == 0;
        if (gone) {
            state = peer.state.load(std::memory_order_relaxed);  // its last word; from the lock
            pthread_mutex_unlock(&peer.lock);
        }
        if (change.is_there()) break;
        const auto left = end - Clock::now();
        if (gone || left <= 0ns) {
            result = !gone                         ? WaitResult::timed_out
                     : state == Endpoint::released ? WaitResult::closed
                                                   : WaitResult::peer_died;
            break;
        }
        const Clock::duration slice = fenced ? 250ms : beside_peer || state == 0 ? 10ms : 1ms;
        const timespec timeout = {0, static_cast<long>(std::min(left, slice).count())};
        futex(mine.asleep, FUTEX_WAIT, &timeout);  // or look again
        beside_peer = false;
    }
    mine.asleep.store(0, std::memory_order_relaxed);  // relaxed: at worst we are woken in vain
    //! [fall asleep]
    return result;
}

// Waits until `word` is no longer `seen`.
template <typename Word>
[[gnu::noinline]] WaitResult wait(const std::atomic<Word>& word, Word seen, Endpoint& mine,
                                  Endpoint& peer, Clock::time_point end) {
    const Change<Word> change = {word, seen};
    // relaxed: a hint. On the peer's own processor we would only keep it from running.
    const bool beside_peer = peer.cpu.load(std::memory_order_relaxed) == note_cpu(mine);
    if (!beside_peer && wait_awake(change, end)) return WaitResult::ready;
    return wait_asleep(change, mine, peer, beside_peer, end);
}

// Waits until `word` is `wanted`, however often it changes before.
template <typename Word>
[[gnu::noinline]] WaitResult wait_until_is(const std::atomic<Word>& word, Word wanted,
                                           Endpoint& mine, Endpoint& peer, Clock::time_point end) {
    for (;;) {
        // acquire: what the peer did before it stored this, the caller finds done
        const Word seen = word.load(std::memory_order_acquire);
        if (seen == wanted) return WaitResult::ready;
        const WaitResult result = wait(word, seen, mine, peer, end);
        if (result != WaitResult::ready) return result;
        if (Clock::now() >= end) return WaitResult::timed_out;
    }
}

// Returns when `time` is up; of any unit, and a year at most: whoever waits "for ever" says
// std::chrono::seconds::max(), which a clock that counts nanoseconds cannot hold.
template <typename Count, typename Unit>
[[gnu::noinline]] Clock::time_point end_of(std::chrono::duration<Count, Unit> time) {
    const std::chrono::duration<double> seconds = time;  // holds any, not all of them exactly
    constexpr std::chrono::seconds year = std::chrono::hours(24 * 365);
    if (!(seconds > std::chrono::seconds(0))) return Clock::now();
    if (seconds >= year) return Clock::now() + year;
    return Clock::now() + std::chrono::ceil<Clock::duration>(time);
}

}  // namespace ring
/// @endcond

}  // namespace shm
