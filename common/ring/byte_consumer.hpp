// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The end of a ring of bytes that receives; lesson 05.
#pragma once

#include "byte_ring.hpp"
#include "end.hpp"
#include "polling.hpp"
#include "ring_error.hpp"
#include "waiting.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace shm {

/// The end of a ring of bytes that receives. Has claimed its endpoint from constructor to
/// destructor, and belongs to one thread. Any call throws RingError where the ring holds what no
/// correct producer would have written.
class ByteConsumer : public End {
public:
    /// Claims the consumer's endpoint; goes on with the first message that was not given back. (One
    /// that was killed may have read it, and not given it back yet: it comes at least once.)
    /// @throws RingError if a live one has claimed it, and keeps it while this waits for a second;
    ///         or if the ring holds nonsense
    [[gnu::always_inline]] explicit ByteConsumer(const ByteRing& open_ring,
                                                 Waits how = Waits::sleeping)
        : End(open_ring.header_->consumer, open_ring.header_->producer, "consumer", how),
          header_(open_ring.header_),
          capacity_(open_ring.capacity_),
          // relaxed: the predecessor's own count, and its endpoint has come to us by a lock
          taken_(header_->released.load(std::memory_order_relaxed)),
          there_(taken_),
          data_(open_ring.data_),
          at_(taken_ % capacity_) {
        if (taken_ % sizeof(ring::Length) != 0) ring::fail("is broken: its counts make no sense");
    }

    [[gnu::always_inline]] ~ByteConsumer() = default;  // as Consumer's

    /// Returns the next message where it lies, in one piece and aligned to 8; or nothing, if there
    /// is none. It stays the next one until release(). A peer that means harm can change it while
    /// you read: copy what you check.
    [[nodiscard, gnu::always_inline]] std::optional<std::span<const std::byte>> peek() {
        if (!has_message()) return std::nullopt;
        return std::span<const std::byte>(data_ + at_ + sizeof(ring::Length), length_);
    }

    /// Gives the message that peek() returned back: the producer may write there now.
    /// @throws RingError if there is none
    [[gnu::always_inline]] void release() {
        if (record_ == 0) ring::fail("was to be given back a message that was not looked at");
        taken_ += record_;
        at_ += record_;
        if (at_ >= capacity_) at_ -= capacity_;  // the same memory, seen in the first mapping
        record_ = 0;
        // release: we have read it. (Weaker, Arm may still read what the producer overwrites.)
        header_->released.store(taken_, std::memory_order_release);
        wake_sleeper();
    }

    /// Takes a copy of the next message, in place of what `message` held; or returns false if there
    /// is none.
    [[nodiscard, gnu::always_inline]] bool try_pop(std::vector<std::byte>& message) {
        const auto there = peek();
        if (!there) return false;
        message.assign(there->begin(), there->end());
        release();
        return true;
    }

    /// Takes a copy of the next message; waits for it, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    /// @returns ready, or why not: closed and peer_died only after all that was sent was taken
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult pop(std::vector<std::byte>& message,
                                                     std::chrono::duration<Count, Unit> time) {
        const WaitResult result = wait(time);
        if (result == WaitResult::ready) static_cast<void>(try_pop(message));  // it stays there
        return result;
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

    /// Returns how many bytes have ever been given back, lengths and filling included.
    [[nodiscard]] std::uint64_t taken() const { return taken_; }

private:
    //! [find message]
    // Says whether there is a message; if so, `length_` and `record_` are its own, and stay.
    [[gnu::always_inline]] bool has_message() {
        if (record_ != 0) return true;
        if (there_ == taken_) {
            // acquire: the messages that the producer has counted are there
            const auto sent = header_->sent.load(std::memory_order_acquire);
            if (sent - taken_ > capacity_) ring::fail("is broken: more is there than fits in");
            there_ = sent;
            if (there_ == taken_) return false;
        }
        // relaxed: the count has published it. Read once: the peer may change it at any time.
        const auto length = ring::length_at(data_ + at_).load(std::memory_order_relaxed);
        const std::uint64_t there = there_ - taken_;
        if (length > there || ring::record_bytes(length) > there)
            ring::fail("is broken: a message is longer than what was sent");
        length_ = static_cast<std::size_t>(length);  // no more than what fits in
        record_ = static_cast<std::size_t>(ring::record_bytes(length));
        return true;
    }
    //! [find message]

    // Of what changes when the next message is sent.
    [[gnu::always_inline]] ring::Watch watch() const { return {header_->sent, mine_, peer_}; }

    friend struct ring::Any;
    ring::ByteHeader* header_;
    std::size_t capacity_;
    std::uint64_t taken_;
    std::uint64_t there_;     // bytes sent, when we last looked
    std::byte* data_;         // mapped twice: 2 * capacity_ bytes
    std::uint64_t at_;        // where the next record begins: below capacity_
    std::size_t length_ = 0;  // of the message that was looked at
    std::size_t record_ = 0;  // the bytes that it takes; 0: none was looked at
};

}  // namespace shm
