// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The slots of a ring: a place for one message each, and the sequence numbers that say which
/// messages are there; lesson 05.
#pragma once

#include "header.hpp"
#include "ring_error.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

//! [ring slots]
template <typename T, SequenceNumbers numbers>
struct Slots {  // where they lie, and `at`: the one that an end comes to next
    static constexpr bool beside = numbers == SequenceNumbers::beside;
    // Modulo 2^32 where that is enough: beside its message, it is never older than a round.
    using SequenceNumber =
        std::conditional_t<beside && sizeof(T) <= 4, std::uint32_t, std::uint64_t>;
    struct alignas(T) alignas(std::atomic<SequenceNumber>) Slot {
        std::atomic<SequenceNumber> sequence_number;
        alignas(T) std::byte message[sizeof(T)];
    };
    static constexpr std::size_t step = beside ? sizeof(Slot) : sizeof(T);
    static constexpr std::size_t group = beside ? 1 : 64;  // so many slots have one number
    static constexpr std::size_t numbers_bytes(std::size_t capacity) {
        const std::size_t bytes = beside ? 0 : (capacity / group + 1) * sizeof(SequenceNumber);
        return (bytes + two_lines - 1) / two_lines * two_lines;
    }
    //! [ring slots]

    // (These names, since gcc says of a constructor's that they shadow what a program calls so.)
    Slots(void* ring_memory, std::size_t slot_count, std::uint64_t next)
        : first(static_cast<std::byte*>(ring_memory) + sizeof(Header) + numbers_bytes(slot_count)),
          end(first + slot_count * step),
          at(first + static_cast<std::size_t>(next % slot_count) * step),
          apart(reinterpret_cast<SequenceNumber*>(static_cast<std::byte*>(ring_memory) +
                                                  sizeof(Header))) {}

    std::size_t index() const { return static_cast<std::size_t>(at - first) / step; }
    std::atomic<SequenceNumber>& sequence_number() const {
        void* const number = beside ? static_cast<void*>(at) : apart + index() / group;
        return *static_cast<std::atomic<SequenceNumber>*>(number);
    }
    T* message() const { return reinterpret_cast<T*>(beside ? at + offsetof(Slot, message) : at); }
    std::size_t left() const { return static_cast<std::size_t>(end - at) / step; }  // to the end
    // Returns how many slots from here on have this sequence number.
    std::size_t row() const { return beside ? 1 : std::min(left(), group - index() % group); }
    // Whether message `number` was sent, as far as it can be told while others go on: what has
    // been overwritten since was sent as well.
    bool has_been_sent(std::uint64_t number) const {
        // relaxed: whoever asks so touches no message
        const SequenceNumber ahead =
            sequence_number().load(std::memory_order_relaxed) - static_cast<SequenceNumber>(number);
        return static_cast<std::make_signed_t<SequenceNumber>>(ahead) > 0;
    }
    //! [look number]
    // Returns how many messages are here, from message `number` on.
    [[gnu::always_inline]] std::size_t run(std::uint64_t number) const {
        // acquire: the messages that the sequence number counts are there
        const SequenceNumber run =
            sequence_number().load(std::memory_order_acquire) - static_cast<SequenceNumber>(number);
        if (run - 1 < row()) [[likely]]
            return static_cast<std::size_t>(run);
        if (static_cast<std::make_signed_t<SequenceNumber>>(run) <= 0) return 0;  // an older one
        const auto capacity = static_cast<std::size_t>(end - first) / step;
        if (beside || run > capacity) fail("is broken: a sequence number is too high");
        return row();  // written a round later: all these slots were filled before it
    }
    //! [look number]
    [[gnu::always_inline]] void wrap() {  // before a slot is used
        // So improbable, lest gcc make it a conditional move: those depend on each other.
        if (__builtin_expect_with_probability(at == end, 0, 0.999)) at = first;
    }

    std::byte *first, *end, *at;
    SequenceNumber* apart;
};

}  // namespace shm::ring
/// @endcond
