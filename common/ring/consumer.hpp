// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The end of a ring that receives; lesson 05.
#pragma once

#include "copy.hpp"
#include "end.hpp"
#include "handle.hpp"
#include "header.hpp"
#include "polling.hpp"
#include "slots.hpp"
#include "waiting.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>  // addressof
#include <span>

namespace shm {

/// The end that receives. Has claimed its endpoint of the ring from constructor to destructor, and
/// belongs to one thread. Any call throws RingError where the ring holds what no correct producer
/// would have written.
template <typename T, RingFor use = RingFor::calls>
class Consumer : public End {
public:
    /// Claims the consumer's endpoint; goes on with the first message that was not given back. (One
    /// that was killed may have taken it, and not given it back yet.)
    /// @throws RingError if a live one has claimed it, and keeps it while this waits for a second
    [[gnu::always_inline]] explicit Consumer(const Ring<T, use>& open_ring,
                                             Waits how = Waits::sleeping)
        : End(open_ring.header_->consumer, open_ring.header_->producer, "consumer", how),
          header_(open_ring.header_),
          // relaxed: the predecessor's own number, and its endpoint has come to us by a lock
          taken_(header_->released.load(std::memory_order_relaxed)),
          there_(taken_),
          slots_(open_ring.slots_at(taken_)) {}

    [[gnu::always_inline]] ~Consumer() = default;  // as the producer's

    /// Takes the next message, or returns false if there is none.
    /// @throws RingError if what says that it is there makes no sense
    [[nodiscard, gnu::always_inline]] bool try_pop(T& message) {
        if (!has_message()) [[unlikely]]
            return false;
        take(message);
        return true;
    }

    /// Takes the next message; waits for it, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    /// @returns ready, or why not: closed and peer_died only after all that was sent was taken
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult pop(T& message,
                                                     std::chrono::duration<Count, Unit> time) {
        const WaitResult result = wait(time);
        // It was there: a caller that looked again might be told otherwise by a peer that means
        // harm.
        if (result == WaitResult::ready) take(message);
        return result;
    }

    /// Returns the next messages, as many as are there side by side, `most` at most; empty if there
    /// is none. (One at most where Ring::has_spans is false: in a Ring whose messages have numbers,
    /// see ring.hpp.) A peer that means harm can change them while you read: copy what you check.
    [[nodiscard, gnu::always_inline]] std::span<const T> peek(std::size_t most) {
        if (!has_message()) return {};
        const std::size_t count = std::min(most, side_by_side());
        peeked_ = taken_ + count;
        return {slots_.message(), count};
    }

    /// Gives the slots of the first `count` messages of what peek() returned last back.
    /// @throws RingError if it returned fewer, or they were given back already; nothing is given
    ///         back then
    [[gnu::always_inline]] void release(std::size_t count) {
        if (ring::is_beyond(count, taken_, peeked_)) [[unlikely]]
            ring::fail("cannot be given back more messages than peek() returned");
        give_back(count);
    }

    /// Waits until there is a message, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult wait(std::chrono::duration<Count, Unit> time) {
        if (has_message()) [[likely]]
            return WaitResult::ready;
        const auto its_watch = [this]() __attribute__((always_inline)) {
            return watch();
        };
        const auto is_ready = [this]() __attribute__((always_inline)) {
            return has_message();
        };
        return wait_until(time, its_watch, is_ready);
    }

    /// Says that this end is going to poll until there is a message (see End).
    /// @returns for how many milliseconds it may, 250 at most; 0: there is a message, or the
    ///          producer has gone, as wait() tells
    [[nodiscard, gnu::always_inline]] int begin_poll() {
        const ring::Watch watched = watch();
        return has_message() ? 0 : ring::begin_poll(watched);
    }

    /// Returns how many messages have ever been taken: the number of the next.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

private:
    using Slots = ring::Slots<T, use>;

    [[gnu::always_inline]] std::size_t side_by_side() const {
        const std::uint64_t known = there_ - taken_;
        return static_cast<std::size_t>(Slots::spans ? known : std::min<std::uint64_t>(known, 1));
    }
    [[gnu::always_inline]] void take(T& message) {
        ring::copy_out(std::addressof(message), *slots_.message());
        give_back(1);
    }

    //! [give back]
    [[gnu::always_inline]] void give_back(std::size_t count) {
        taken_ += count;
        slots_.at += count * Slots::step;
        // Spans of small messages gained nothing by it, and those of larger ones were not tried.
        if constexpr (use == RingFor::calls) slots_.ask_ahead(there_ - taken_);
        // release: we have read it. (Weaker, Arm may still read what the producer overwrites.)
        header_->released.store(taken_, std::memory_order_release);
        wake_sleeper();
    }
    //! [give back]

    [[gnu::always_inline]] bool has_message() {
        slots_.wrap();
        if (there_ == taken_) there_ = taken_ + slots_.there(taken_);
        return there_ != taken_;
    }

    // Of what changes when the next message is sent.
    [[gnu::always_inline]] ring::Watch watch() {
        slots_.wrap();
        return {slots_.news(), mine_, peer_};
    }

    friend struct ring::Any;
    ring::Header* header_;
    std::uint64_t taken_;
    std::uint64_t there_;       // the first message that was not there, when we last looked
    std::uint64_t peeked_ = 0;  // the first message that peek() did not return
    Slots slots_;
};

}  // namespace shm
