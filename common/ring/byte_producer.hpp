// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The end of a ring of bytes that sends; lesson 05.
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
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace shm {

/// The end of a ring of bytes that sends. Has claimed its endpoint from constructor to destructor,
/// and belongs to one thread. Any call throws RingError where the ring holds what no correct
/// consumer would have written, and where a message is longer than ByteRing::longest().
class ByteProducer : public End {
public:
    /// Claims the producer's endpoint; goes on behind the last message that was sent, however the
    /// producer before ended. (One that it had reserved and not sent never was.)
    /// @throws RingError if a live one has claimed it, and keeps it while this waits for a second;
    ///         or if the ring holds nonsense
    [[gnu::always_inline]] explicit ByteProducer(const ByteRing& open_ring,
                                                 Waits how = Waits::sleeping)
        : End(open_ring.header_->producer, open_ring.header_->consumer, "producer", how),
          header_(open_ring.header_),
          capacity_(open_ring.capacity_),
          // relaxed: the predecessor's own count, and its endpoint has come to us by a lock
          sent_(header_->sent.load(std::memory_order_relaxed)),
          // acquire: what the consumer gave back it has read
          released_(header_->released.load(std::memory_order_acquire)),
          data_(open_ring.data_),
          at_(sent_ % capacity_) {
        if (sent_ - released_ > capacity_ || sent_ % sizeof(ring::Length) != 0)
            ring::fail("is broken: its counts make no sense");
    }

    [[gnu::always_inline]] ~ByteProducer() = default;  // as Producer's

    /// Returns room for a message of `bytes`, in one piece and aligned to 8; or nothing, if there
    /// is not so much. Write there, then commit(); what is not committed was never there.
    [[nodiscard, gnu::always_inline]] std::optional<std::span<std::byte>> reserve(
        std::size_t bytes) {
        may_commit_ = 0;
        if (!has_room(bytes)) return std::nullopt;
        may_commit_ = bytes + 1;
        return std::span(data_ + at_ + sizeof(ring::Length), bytes);
    }

    //! [commit bytes]
    /// Sends the first `bytes` of what reserve() returned last, as one message. Makes no system
    /// call, unless the consumer sleeps and has to be woken.
    /// @throws RingError if reserve() returned less, or has not been called since the last commit()
    [[gnu::always_inline]] void commit(std::size_t bytes) {
        if (bytes >= may_commit_) ring::fail("was to send more than was reserved");
        may_commit_ = 0;
        // relaxed: the count below publishes it
        ring::length_at(data_ + at_).store(bytes, std::memory_order_relaxed);
        const std::uint64_t record = ring::record_bytes(bytes);
        sent_ += record;
        at_ += record;
        if (at_ >= capacity_) at_ -= capacity_;  // the same memory, seen in the first mapping
        // release: the message and its length are whole first
        header_->sent.store(sent_, std::memory_order_release);
        wake_sleeper();
    }
    //! [commit bytes]

    /// Sends a copy of the message, or returns false if there is no room for it.
    [[nodiscard, gnu::always_inline]] bool try_push(std::span<const std::byte> message) {
        const auto room = reserve(message.size());
        if (!room) return false;
        if (!message.empty()) std::memcpy(room->data(), message.data(), message.size());
        commit(message.size());
        return true;
    }

    /// Sends a copy of the message; waits for room, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    /// @returns ready if it was sent; else why not
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult push(std::span<const std::byte> message,
                                                      std::chrono::duration<Count, Unit> time) {
        const WaitResult result = wait(message.size(), time);
        if (result == WaitResult::ready) static_cast<void>(try_push(message));  // room stays room
        return result;
    }

    /// Waits until there is room for a message of `bytes`, `time` at most.
    /// @param time  of any unit; a year at most is waited for
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult wait(std::size_t bytes,
                                                      std::chrono::duration<Count, Unit> time) {
        if (has_room(bytes)) [[likely]]
            return WaitResult::ready;
        const auto has_enough = [ this, bytes ]() __attribute__((always_inline)) {
            return has_room(bytes);
        };
        return wait_on(header_->released, time, has_enough);
    }

    /// Says that this end is going to poll until there is room for a message of `bytes` (see End).
    /// @returns for how many milliseconds it may, 250 at most; 0: there is room, or the
    ///          consumer has gone, as wait() tells
    [[nodiscard, gnu::always_inline]] int begin_poll(std::size_t bytes) {
        const ring::Watch watched = watch();
        return has_room(bytes) ? 0 : ring::begin_poll(watched);
    }

    /// Waits until the consumer has given back all that was sent, `time` at most: for a producer
    /// that must not leave before.
    /// @param time  of any unit; a year at most is waited for
    template <typename Count, typename Unit>
    [[nodiscard, gnu::always_inline]] WaitResult flush(std::chrono::duration<Count, Unit> time) {
        const auto is_all_back = [this]() __attribute__((always_inline)) {
            // acquire: what the consumer did before it gave them back, the caller finds done
            return header_->released.load(std::memory_order_acquire) == sent_;
        };
        return wait_on(header_->released, time, is_all_back);
    }

    /// Returns how many bytes the ring has ever been sent, lengths and filling included.
    [[nodiscard]] std::uint64_t sent() const { return sent_; }

private:
    // Of what changes when the consumer gives something back.
    [[gnu::always_inline]] ring::Watch watch() const { return {header_->released, mine_, peer_}; }

    [[gnu::always_inline]] bool has_room(std::size_t bytes) {
        if (bytes > capacity_ - sizeof(ring::Length))
            ring::fail("is too small: it takes messages of at most ",
                       std::to_string(capacity_ - sizeof(ring::Length)) + " bytes");
        const std::uint64_t record = ring::record_bytes(bytes);
        if (record <= capacity_ - (sent_ - released_)) [[likely]]
            return true;
        // acquire: the consumer has read what lies there before we overwrite it
        const auto released = header_->released.load(std::memory_order_acquire);
        if (released - released_ > sent_ - released_) ring::fail("is broken: too much given back");
        released_ = released;
        return record <= capacity_ - (sent_ - released_);
    }

    ring::ByteHeader* header_;
    std::size_t capacity_;
    std::uint64_t sent_;
    std::uint64_t released_;        // when we last looked
    std::byte* data_;               // mapped twice: 2 * capacity_ bytes
    std::uint64_t at_;              // where the next record begins: below capacity_
    std::uint64_t may_commit_ = 0;  // so many bytes less one; 0: nothing is reserved
};

}  // namespace shm
