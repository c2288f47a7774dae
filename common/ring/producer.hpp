// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The end of a ring that sends; lesson 05.
#pragma once

#include "copy.hpp"
#include "end.hpp"
#include "handle.hpp"
#include "header.hpp"
#include "polling.hpp"
#include "ring_error.hpp"
#include "slots.hpp"
#include "waiting.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shm {

/// The end that sends. Has claimed its endpoint of the ring from constructor to destructor, and
/// belongs to one thread. Any call throws RingError where the ring holds what no correct consumer
/// would have written.
template <typename T, RingFor use = RingFor::calls>
class Producer : public End {
public:
    /// Claims the producer's endpoint; goes on where the one before stopped, however it ended.
    /// @throws RingError if a live one has claimed it, and keeps it while this waits for a second;
    ///         or if the ring holds nonsense
    [[gnu::always_inline]] explicit Producer(const Ring<T, use>& open_ring,
                                             Waits how = Waits::sleeping)
        : End(open_ring.header_->producer, open_ring.header_->consumer, "producer", how),
          header_(open_ring.header_),
          capacity_(open_ring.capacity_),
          // acquire: what the consumer gave back it has read
          limit_(ring::believable(header_->released.load(std::memory_order_acquire)) + capacity_),
          until_(open_ring.slots_at(0).sent_since(limit_ - capacity_)),
          sent_(until_),
          slots_(open_ring.slots_at(sent_)) {}

    // Inlined, too: a call would be given the address of this object, whose members would then lie
    // in memory, not in registers, and be stored anew with each message.
    [[gnu::always_inline]] ~Producer() = default;

    /// Sends a message, or returns false if the ring is full. Makes no system call, unless the
    /// consumer sleeps and has to be woken; that holds for everything here but waiting.
    [[nodiscard, gnu::always_inline]] bool try_push(const T& message) {
        if (!has_room()) [[unlikely]]
            return false;
        put(message);
        return true;
    }

    /// Sends a message; waits for room, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    /// @returns ready if it was sent; else why not
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult push(const T& message,
                                                      std::chrono::duration<Count, Unit> time) {
        const WaitResult result = wait(time);
        if (result == WaitResult::ready) put(message);
        return result;
    }

    /// Returns the next free slots, as many as lie side by side, `most` at most; empty if the ring
    /// is full. Write there, then publish() some or all; what is not published can be had again.
    /// (One at most where Ring::has_spans is false: in a Ring whose messages have numbers, see
    /// ring.hpp.)
    [[nodiscard, gnu::always_inline]] std::span<T> reserve(std::size_t most) {
        if (!has_room()) return {};
        const std::size_t count = std::min(most, side_by_side());
        reserved_ = sent_ + count;
        return {slots_.message(), count};
    }

    /// Sends the first `count` messages of what reserve() returned last: they become visible
    /// together.
    /// @throws RingError if it returned fewer, or they were sent already; nothing is sent then
    [[gnu::always_inline]] void publish(std::size_t count) {
        if (ring::is_beyond(count, sent_, reserved_)) [[unlikely]]
            ring::fail("cannot send more messages than reserve() returned");
        if (count != 0) send(count);  // the place of the next one may be no place yet
    }

    /// Waits until there is room, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult wait(std::chrono::duration<Count, Unit> time) {
        if (has_room()) [[likely]]
            return WaitResult::ready;
        return wait_on(
            header_->released,
            time, [this]() __attribute__((always_inline)) { return has_room(); });
    }

    /// Says that this end is going to poll until there is room (see End).
    /// @returns for how many milliseconds it may, 250 at most; 0: there is room, or the
    ///          consumer has gone, as wait() tells
    [[nodiscard, gnu::always_inline]] int begin_poll() {
        const ring::Watch watched = watch();
        return has_room() ? 0 : ring::begin_poll(watched);
    }

    /// Waits until the consumer has given back all that was sent, `time` at most: for a producer
    /// that must not leave before. What the consumer did before that has then been done.
    /// @param time  of any unit; a year at most is waited for
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult flush(std::chrono::duration<Count, Unit> time) {
        const auto is_all_back = [this]() __attribute__((always_inline)) {
            // acquire: what the consumer did before it gave them back, the caller finds done
            return header_->released.load(std::memory_order_acquire) == sent_;
        };
        return wait_on(header_->released, time, is_all_back);
    }

    /// Returns how many messages the ring has ever been sent: the number of the next.
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

private:
    using Slots = ring::Slots<T, use>;
    // Spans gained nothing by it, messages of 4 bytes lost, and above 1024 it was not tried.
    static constexpr bool asks_ahead = use == RingFor::calls && sizeof(T) >= 8 && sizeof(T) <= 1024;

    // Of what changes when the consumer gives something back.
    [[gnu::always_inline]] ring::Watch watch() const { return {header_->released, mine_, peer_}; }

    [[gnu::always_inline]] std::size_t side_by_side() const {
        const std::uint64_t free = until_ - sent_;
        return static_cast<std::size_t>(Slots::spans ? free : std::min<std::uint64_t>(free, 1));
    }
    [[gnu::always_inline]] void put(const T& message) {
        ring::copy_in(slots_.message(), message);
        send(1);
    }

    [[gnu::always_inline]] void send(std::size_t count) {
        sent_ += count;
        slots_.publish(count, sent_);
        if constexpr (asks_ahead) {
            if (count == 1) ask_to_write_ahead();
        }
        wake_sleeper();
    }

    //! [ask to write ahead]
    // Once a line, and only for lines that are known to be free, up to the end of the memory; not
    // for the last of them: with those it was slower, as it was with less than four lines ahead.
    [[gnu::always_inline]] void ask_to_write_ahead() const {
        constexpr std::size_t ahead = 384;  // bytes: six lines
        if (!slots_.is_first_of_line()) return;
        if (until_ - sent_ <= (2 * ahead + sizeof(T)) / Slots::step) return;
        for (std::size_t line = 0; line < sizeof(T); line += 64)
            ring::ask_to_write(slots_.at + ahead + line);
    }
    //! [ask to write ahead]

    [[gnu::always_inline]] bool has_room() {
        if (sent_ != until_) [[likely]]
            return true;
        slots_.wrap();
        // acquire: the consumer has read what lies there before we overwrite it
        const auto limit = header_->released.load(std::memory_order_acquire) + capacity_;
        if (limit - limit_ > sent_ + capacity_ - limit_)
            ring::fail("is broken: too much given back");
        limit_ = limit;
        until_ = std::min(limit, sent_ + slots_.left());
        return sent_ != until_;
    }

    ring::Header* header_;
    std::size_t capacity_;
    std::uint64_t limit_;  // the first message that has no slot, when we last looked
    std::uint64_t until_;  // the same, or the end of the memory, if that comes first
    std::uint64_t sent_;
    std::uint64_t reserved_ = 0;  // the first message that reserve() did not return a slot for
    Slots slots_;
};

}  // namespace shm
