// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// What the ends of every ring have in common: the claim on an endpoint, and how they wait; lesson
/// 05.
#pragma once

#include "endpoint.hpp"
#include "polling.hpp"
#include "waiting.hpp"
#include "watch.hpp"

#include <sys/types.h>  // pid_t
#include <unistd.h>     // getpid

#include <atomic>
#include <chrono>
#include <cstdint>

namespace shm {

/// What the ends of every ring have in common.
///
/// Its destructor tells the peer that it has left, as after the last message. But while a C++
/// exception is on its way, an end that is destroyed has not finished: to its peer it has died.
///
/// An end can wait by poll, epoll or select, together with sockets, timers and other descriptors,
/// for what its peer does: for messages, or for room. Both processes then have a descriptor of one
/// eventfd (man 2 eventfd), made with EFD_NONBLOCK: inherited by fork, or sent by SCM_RIGHTS (man 7
/// unix). One eventfd wakes one end; it stays the caller's, who closes it after the ends.
///
/// @code
/// producer.wake_by(event);                        // in the one process
///
/// pollfd polled[] = {{event, POLLIN, 0}, ...};    // in the other one
/// for (;;) {
///     const int time = consumer.begin_poll();     // ms; 0: a message, or no peer
///     poll(polled, std::size(polled), time);      // or epoll_wait
///     consumer.end_poll(event);
///     while (consumer.try_pop(message)) use(message);
///     const auto result = consumer.wait(0s);      // ready, timed_out; or closed, peer_died:
///     if (result == shm::WaitResult::closed || result == shm::WaitResult::peer_died) break;
/// }
/// @endcode
///
/// Who leaves writes the eventfd, too. Who is killed does not: that is noticed when the time is up.
/// A process that wants to know at once has a pidfd of its peer polled with the rest (man 2
/// pidfd_open), and then calls wait(). Only for peers that trust each other: who clears O_NONBLOCK,
/// which both descriptors share, can make the other one's write to a full eventfd wait.
class End {
public:
    End(const End&) = delete;
    End& operator=(const End&) = delete;

    /// Wakes the peer by this eventfd if it polls. To be called in the process of this end, once:
    /// a successor has to be given it anew. A peer that polls, and whose peer was given none, is
    /// not woken.
    /// @param eventfd  with EFD_NONBLOCK; or -1, by none any more
    /// @throws RingError if its writes could wait
    [[gnu::always_inline]] void wake_by(int eventfd) {
        ring::check_event(eventfd);
        event_ = eventfd;
    }

    /// Says that this end does not poll any more, and empties the eventfd. After each begin_poll(),
    /// however poll ended, and before messages are taken.
    [[gnu::always_inline]] void end_poll(int eventfd) { ring::end_poll(mine_, eventfd); }

protected:
    [[gnu::always_inline]] End(ring::Endpoint& endpoint, ring::Endpoint& other, const char* who,
                               Waits how)
        : mine_(endpoint), peer_(other), waits_(how) {
        ring::claim(mine_, peer_, who, waits_);
    }
    // Inlined, too: a call would be given the address of this object, whose members would then lie
    // in memory, not in registers, and be stored anew with each message.
    [[gnu::always_inline]] ~End() {
        // A child of fork has a copy, and owns nothing.
        if (getpid() == owner_) ring::release(mine_, peer_, event_);
    }

    // Called after something was published.
    [[gnu::always_inline]] void wake_sleeper() const { ring::wake_sleeper(peer_, event_); }

    // Waits until is_ready(), which can only change with the word of watch().
    template <typename Count, typename Unit, typename WatchIt, typename IsReady>
    [[gnu::always_inline]] WaitResult wait_until(std::chrono::duration<Count, Unit> time,
                                                 WatchIt watch, IsReady is_ready) const {
        return ring::wait_until(time, waits_, watch, is_ready);
    }

    // Waits until is_ready(), which can only change with this word.
    template <typename Count, typename Unit, typename IsReady>
    [[gnu::always_inline]] WaitResult wait_on(const std::atomic<std::uint64_t>& word,
                                              std::chrono::duration<Count, Unit> time,
                                              IsReady is_ready) const {
        const auto watch = [ this, &word ]() __attribute__((always_inline)) {
            return ring::Watch(word, mine_, peer_);
        };
        return wait_until(time, watch, is_ready);
    }

    ring::Endpoint &mine_, &peer_;
    Waits waits_;
    int event_ = -1;
    pid_t owner_ = getpid();
};

}  // namespace shm
