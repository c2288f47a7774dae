// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// How a process waits for several rings at once; lesson 05.
///
/// @code
/// shm::Consumer quotes(quote_ring);
/// shm::ByteConsumer texts(text_ring);
/// for (;;) {
///     const auto [result, which] = shm::wait_any(10s, quotes, texts);
///     if (result != shm::WaitResult::ready) ...  // timed_out; or closed, peer_died: `which` tells
///     while (quotes.try_pop(quote)) use(quote);
///     while (texts.try_pop(text)) use(text);  // look into all, lest the first starve the rest
/// }
/// @endcode
#pragma once

#include "byte_consumer.hpp"
#include "consumer.hpp"
#include "futex.hpp"
#include "ring_error.hpp"
#include "waiting.hpp"
#include "watch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>

namespace shm {

/// @cond  What a ring consists of; not for users.
namespace ring {

struct Any {  // what wait_any() asks a consumer
    template <typename End>
    [[gnu::always_inline]] static auto watch(End& end) -> decltype(end.watch()) {
        return end.watch();
    }
    template <typename End>
    [[gnu::always_inline]] static auto has_message(End& end) -> decltype(end.has_message()) {
        return end.has_message();
    }
    template <typename End>
    [[gnu::always_inline]] static Waits waits(const End& end) {
        return end.waits_;
    }
};

template <typename End>
concept Receiving = requires(End& end) {
    Any::watch(end);
    Any::has_message(end);
};

class WatchList {  // of consumers whose number is known when the program runs
public:
    void add(const Watch& watch) {
        if (count_ == watches_.size()) refuse();
        watches_[count_++] = watch;
    }
    std::size_t size() const { return count_; }
    operator Watches() const { return Watches(watches_).first(count_); }
    [[noreturn]] static void refuse() {
        fail("cannot be waited for: wait_any() takes 1 to ",
             std::to_string(most_futexes) + " consumers");
    }

private:
    std::array<Watch, most_futexes> watches_;
    std::size_t count_ = 0;
};

}  // namespace ring
/// @endcond

/// Waits until one of several consumers has a message, or its producer has gone, `time` at most. As
/// Consumer::wait() it looks for 20 us, then sleeps; the kernel wakes it for any of them
/// (futex_waitv, Linux 5.16). An older kernel has no such call: then it sleeps on one after the
/// other for a millisecond each, and a message on another one waits so long.
/// @param time       of any unit; a year at most is waited for
/// @param consumers  of one thread; 1 to 128 of any kinds; if one spins (Waits), it does not sleep
/// @returns ready, and the first one that has a message: look into the others, too, lest they
///          starve; closed or peer_died only if none has one, and the first whose producer has
///          gone: leave it out from now on, or each call says so again; timed_out
template <typename Count, typename Unit, ring::Receiving... Consumers>
[[nodiscard, gnu::always_inline]] inline AnyResult wait_any(std::chrono::duration<Count, Unit> time,
                                                            Consumers&... consumers) {
    static_assert(sizeof...(consumers) >= 1 && sizeof...(consumers) <= ring::most_futexes);
    const auto find_ready = [&]() __attribute__((always_inline)) {
        std::size_t which = 0;
        static_cast<void>(((ring::Any::has_message(consumers) || (++which, false)) || ...));
        return which;
    };
    const std::size_t which = find_ready();
    if (which < sizeof...(consumers)) return {WaitResult::ready, which};
    const auto watch_all = [&]() __attribute__((always_inline)) {
        return std::array{ring::Any::watch(consumers)...};
    };
    const bool must_spin = ((ring::Any::waits(consumers) == Waits::spinning) || ...);
    return ring::wait_until_any(time, must_spin ? Waits::spinning : Waits::sleeping, watch_all,
                                find_ready);
}

/// The same for a container of consumers: std::list or std::deque, since a consumer cannot be
/// moved. Unlike local variables these do not lie in registers, and each message costs some stores
/// more.
/// @throws RingError if there are none, or more than 128
template <typename Count, typename Unit, std::ranges::forward_range Consumers>
requires ring::Receiving<std::ranges::range_value_t<Consumers>>
[[nodiscard]] AnyResult wait_any(std::chrono::duration<Count, Unit> time, Consumers&& consumers) {
    const auto find_ready = [&] {
        std::size_t which = 0;
        for (auto& consumer : consumers) {
            if (ring::Any::has_message(consumer)) break;
            ++which;
        }
        return which;
    };
    const auto watch_all = [&] {
        ring::WatchList watches;
        for (auto& consumer : consumers) watches.add(ring::Any::watch(consumer));
        if (watches.size() == 0) ring::WatchList::refuse();
        return watches;
    };
    const bool must_spin = std::ranges::any_of(
        consumers, [](auto& consumer) { return ring::Any::waits(consumer) == Waits::spinning; });
    return ring::wait_until_any(time, must_spin ? Waits::spinning : Waits::sleeping, watch_all,
                                find_ready);
}

}  // namespace shm
