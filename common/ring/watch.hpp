// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// What an end of a ring waits for, and how a wait can end; lesson 05.
#pragma once

#include "endpoint.hpp"

#include <pthread.h>  // pthread_mutex_unlock

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace shm {

/// How a wait ended.
enum class WaitResult {
    ready,      ///< there is what was waited for
    timed_out,  ///< nothing until the time was up
    closed,     ///< nothing will come: the peer has left, and everything it sent was taken
    peer_died,  ///< the same, but the peer was killed, or ended without a word or by a C++
                ///< exception
};

/// How a wait for one of several ended.
struct AnyResult {
    WaitResult result;  ///< of that one; timed_out: of none of them
    std::size_t which;  ///< of the one that is ready, closed, or has lost its peer; from 0
};

/// @cond  What a ring consists of; not for users.
namespace ring {

using Clock = std::chrono::steady_clock;

// Returns when `time` is up; of any unit, and a year at most: a caller that waits "for ever" says
// std::chrono::seconds::max(), which a clock that counts nanoseconds cannot hold.
template <typename Count, typename Unit>
[[gnu::noinline]] Clock::time_point end_of(std::chrono::duration<Count, Unit> time) {
    const std::chrono::duration<double> seconds = time;  // holds any, not all of them exactly
    constexpr std::chrono::seconds year = std::chrono::hours(24 * 365);
    if (!(seconds > std::chrono::seconds(0))) return Clock::now();
    if (seconds >= year) return Clock::now() + year;
    return Clock::now() + std::chrono::ceil<Clock::duration>(time);
}

// What an end waits for: that a word changes, which its peer writes.
struct Watch {
    Watch() = default;  // of nothing
    // relaxed: it is only compared
    Watch(const std::atomic<std::uint32_t>& word, Endpoint& its_own, Endpoint& of_its_peer)
        : narrow(&word),
          seen(word.load(std::memory_order_relaxed)),
          mine(&its_own),
          peer(&of_its_peer) {}
    Watch(const std::atomic<std::uint64_t>& word, Endpoint& its_own, Endpoint& of_its_peer)
        : wide(&word),
          seen(word.load(std::memory_order_relaxed)),
          mine(&its_own),
          peer(&of_its_peer) {}

    bool has_changed() const {
        // relaxed: a waiter that hears of news asks its end, which acquires what was published with
        // it
        return wide != nullptr ? wide->load(std::memory_order_relaxed) != seen
                               : narrow->load(std::memory_order_relaxed) != seen;
    }

    const std::atomic<std::uint64_t>* wide = nullptr;    // the word is this one,
    const std::atomic<std::uint32_t>* narrow = nullptr;  // or this one
    std::uint64_t seen = 0;
    Endpoint *mine = nullptr, *peer = nullptr;
};
using Watches = std::span<const Watch>;
struct Any;

// Returns which one has changed, if one has.
inline std::optional<AnyResult> find_news(Watches watches) {
    for (std::size_t which = 0; which < watches.size(); ++which)
        if (watches[which].has_changed()) return AnyResult{WaitResult::ready, which};
    return {};
}

// Returns whose peer has gone, if one has. Holds the peer's lock for a moment then.
inline std::optional<AnyResult> find_gone(Watches watches) {
    for (std::size_t which = 0; which < watches.size(); ++which) {
        Endpoint& peer = *watches[which].peer;
        // relaxed: the lock orders the rest
        if (peer.state.load(std::memory_order_relaxed) == 0) continue;  // it has never come
        const int locked = try_lock(peer);
        if (locked == EBUSY) continue;  // it lives
        if (locked != 0) broken_lock(locked);
        // relaxed: its last word; from the lock
        const std::uint32_t state = peer.state.load(std::memory_order_relaxed);
        pthread_mutex_unlock(&peer.lock);
        return AnyResult{state == Endpoint::released ? WaitResult::closed : WaitResult::peer_died,
                         which};
    }
    return {};
}

}  // namespace ring
/// @endcond

}  // namespace shm
