// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// How an end of a ring waits for the other: first awake, then asleep in the kernel, looking now
/// and then whether the peer still lives; lesson 05.
#pragma once

#include "endpoint.hpp"
#include "futex.hpp"
#include "watch.hpp"

#include <linux/futex.h>       // FUTEX_WAIT
#include <linux/membarrier.h>  // MEMBARRIER_CMD_GLOBAL_EXPEDITED
#include <sys/syscall.h>       // SYS_membarrier
#include <time.h>              // timespec
#include <unistd.h>            // syscall

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

//! [look often]
// Looks for a microsecond or two (on older processors, whose pause is shorter, for less).
inline std::optional<AnyResult> look_often(Watches watches) {
    for (std::size_t looks = 0; looks < 64; looks += watches.size()) {
        if (const auto news = find_news(watches)) return news;
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();  // 10 to 50 ns on most, in which the peer keeps its line
#elif defined(__aarch64__)
        asm volatile("isb");
#endif
    }
    return {};
}
//! [look often]

// Looks for 20 us at most: a peer that runs answers in less time than a sleep takes.
inline std::optional<AnyResult> look_awake(Watches watches, Clock::time_point end) {
    using namespace std::chrono_literals;
    const auto awake_until = std::min(end, Clock::now() + 20us);
    do {
        if (const auto news = look_often(watches)) return news;
    } while (Clock::now() < awake_until);
    return {};
}

// Says whether all the peers ran last where we run: looking would only keep them from it.
inline bool is_beside_peers(Watches watches) {
    return std::all_of(watches.begin(), watches.end(), [](const Watch& watch) {
        // relaxed: a hint
        return watch.mine->peer_cpu.load(std::memory_order_relaxed) == this_cpu();
    });
}

// Says whether there is news at once. What a peer that runs elsewhere answers so soon is taken
// without a look at the clock, and without a word about sleep or waking.
[[gnu::noinline]] inline bool have_news(Watches watches, Waits waits) {
    if (waits == Waits::sleeping) {
        for (const Watch& watch : watches) note_cpu(*watch.peer);
        if (is_beside_peers(watches)) return false;
    }
    return look_often(watches).has_value();
}

//! [fence peers]
// Makes every running thread of the peers execute a fence. Returns how long a waiter may sleep
// after it: where a peer is not reached, so long as a message that it slept over may wait.
inline Clock::duration fence_peers(Watches watches) {
    using namespace std::chrono_literals;
    const auto is_reached = [](const Watch& watch) {
        // acquire: with `state` comes `fenced`
        return watch.peer->state.load(std::memory_order_acquire) == Endpoint::claimed &&
               watch.peer->fenced.load(std::memory_order_relaxed) != 0;
    };
    const bool is_fenced = std::any_of(watches.begin(), watches.end(), is_reached) &&
                           syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
    Clock::duration most = 250ms;  // so late is a dead peer noticed
    for (const Watch& watch : watches) {
        if (watch.peer->state.load(std::memory_order_relaxed) == 0)  // relaxed: it has never come
            most = std::min<Clock::duration>(most, 10ms);
        else if (!is_fenced || !is_reached(watch))
            most = 1ms;
    }
    return most;
}
//! [fence peers]

// Sleeps until a peer wakes one of the ends, `time` at most. Where the kernel has no call to sleep
// on several words: on one, another one each `turn`, for a millisecond.
[[gnu::noinline]] inline void sleep_on(Watches watches, Clock::duration time, std::size_t turn) {
    using namespace std::chrono_literals;
    if (watches.size() > 1) {
        std::array<FutexWait, most_futexes> words;
        for (std::size_t i = 0; i < watches.size(); ++i)
            words.at(i).address = reinterpret_cast<std::uintptr_t>(&watches[i].mine->asleep);
        if (futex_wait_any({words.data(), watches.size()}, Clock::now() + time)) return;
        time = std::min<Clock::duration>(time, 1ms);
    }
    const timespec timeout = {0, static_cast<long>(std::chrono::nanoseconds(time).count())};
    futex(watches[turn % watches.size()].mine->asleep, FUTEX_WAIT, &timeout);
}

// Says that all these ends sleep, or that they are awake.
inline void say(Watches watches, std::uint32_t asleep) {
    // relaxed: the membarrier orders it; at worst we are woken in vain
    for (const Watch& watch : watches) watch.mine->asleep.store(asleep, std::memory_order_relaxed);
}

// "I sleep" and the last look are a store and a load, which processors swap (see wake_sleeper()).
// The membarrier between them makes every running thread of the peer execute a fence (man 2
// membarrier): if its look at `asleep` came before that, so did its publication, and our look sees
// it. Where either side has no membarrier, sleeps are short instead; and so is the first one if
// both are on one processor, where a switch from one to the other does the same: the hint may be
// old. (Not shorter than a tick of the kernel: for that it would have to set its timer, which costs
// more than all the rest.)
inline AnyResult wait_sleeping(Watches watches, Clock::time_point end) {
    using namespace std::chrono_literals;
    bool is_beside_peer = is_beside_peers(watches);
    auto outcome = is_beside_peer ? find_news(watches) : look_awake(watches, end);
    if (outcome) return *outcome;  // it has said nothing of sleep
    //! [fall asleep]
    for (std::size_t turn = 0; !outcome; ++turn) {
        say(watches, Endpoint::sleeping);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // for the compiler
        const Clock::duration most = is_beside_peer ? 10ms : fence_peers(watches);
        const auto gone = find_gone(watches);  // looked for before the last look
        outcome = find_news(watches);
        if (outcome) break;
        const Clock::duration left = end - Clock::now();
        if (gone || left <= 0ns) {
            outcome = gone.value_or(AnyResult{WaitResult::timed_out, watches.size()});
            break;
        }
        sleep_on(watches, std::min(left, most), turn);  // or look again
        outcome = find_news(watches);
        is_beside_peer = false;
    }
    say(watches, Endpoint::awake);
    //! [fall asleep]
    return *outcome;
}

// The same, and never sleeps.
inline AnyResult wait_spinning(Watches watches, Clock::time_point end) {
    for (;;) {
        if (const auto news = look_awake(watches, end)) return *news;
        const auto gone = find_gone(watches);  // looked for before the last look
        if (const auto news = find_news(watches)) return *news;
        if (gone) return *gone;
        if (Clock::now() >= end) return {WaitResult::timed_out, watches.size()};
    }
}

// Waits until one of the words has changed, or one of the peers has gone.
[[gnu::noinline]] inline AnyResult wait(Watches watches, Waits waits, Clock::time_point end) {
    return waits == Waits::spinning ? wait_spinning(watches, end) : wait_sleeping(watches, end);
}

// Waits until find_ready() returns the number of one that is ready. Its answer can only change with
// the words of watch_all(). Inlined, and so must both be, since they hold an end's address.
template <typename Count, typename Unit, typename WatchAll, typename FindReady>
[[gnu::always_inline]] inline AnyResult wait_until_any(std::chrono::duration<Count, Unit> time,
                                                       Waits waits, WatchAll watch_all,
                                                       FindReady find_ready) {
    // The time begins behind the first looks, which take a microsecond or two.
    for (std::optional<Clock::time_point> end;;) {
        const auto watches = watch_all();  // before the question: what comes after it is news
        std::size_t which = find_ready();
        if (which < watches.size()) return {WaitResult::ready, which};
        if (!have_news(watches, waits)) {
            if (!end) end = end_of(time);
            const AnyResult result = wait(watches, waits, *end);
            if (result.result != WaitResult::ready) return result;
        }
        which = find_ready();
        if (which < watches.size()) return {WaitResult::ready, which};
        // It has changed, and that was not enough; a peer that means harm may go on so for ever.
        if (!end) end = end_of(time);
        if (Clock::now() >= *end) return {WaitResult::timed_out, watches.size()};
    }
}

// The same for one: until is_ready(), which can only change with the word of watch().
template <typename Count, typename Unit, typename WatchIt, typename IsReady>
[[gnu::always_inline]] inline WaitResult wait_until(std::chrono::duration<Count, Unit> time,
                                                    Waits waits, WatchIt watch, IsReady is_ready) {
    const auto watch_all = [&]() __attribute__((always_inline)) {
        return std::array{watch()};
    };
    const auto find_ready = [&]() __attribute__((always_inline)) {
        return is_ready() ? std::size_t{0} : std::size_t{1};
    };
    return wait_until_any(time, waits, watch_all, find_ready).result;
}

}  // namespace shm::ring
/// @endcond
