// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// A process's handle of a ring: makes one in memory, or finds the one that is there; lesson 05.
#pragma once

#include "header.hpp"
#include "ring_error.hpp"
#include "slots.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <type_traits>

namespace shm {

/// A process's handle of a ring. Copy it freely; neither it nor an end may outlive the mapping.
/// @tparam T  a message; trivially copyable, aligned to 64 at most, and without pointers
template <typename T, RingFor use = RingFor::calls>
class Ring {
    static_assert(std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T>);
    static_assert(alignof(T) <= 64);
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
                  "the ring needs 64-bit atomics without a lock, which would be private to a "
                  "process; many processors of 32 bits have them, with -march=i586, armv7-a");
    using Slots = ring::Slots<T, use>;

public:
    /// Whether reserve() and peek() of its ends may return several messages; else one at most.
    static constexpr bool has_spans = Slots::spans;

    /// Returns how many bytes of memory a ring for `capacity` messages takes.
    [[nodiscard]] static constexpr std::size_t bytes(std::size_t capacity) {
        return sizeof(ring::Header) + capacity * Slots::step + Slots::asked_ahead;
    }

    /// Makes a ring, in memory that no other process uses yet and that is all zeros.
    /// @param memory    a mapping, aligned to 128 bytes; any process may map it anywhere
    /// @param size      of the memory, in bytes
    /// @param capacity  how many messages fit in, 1 to 2^30
    /// @param begin     the first message's number, 2^63 at most; a test begins near an edge
    /// @returns         what open() returns to the others
    /// @throws RingError if a number is out of its range, if the memory is too small or not
    ///         aligned, or if it holds something already
    static Ring create(void* memory, std::size_t size, std::size_t capacity,
                       std::uint64_t begin = 0) {
        if (capacity < 1 || capacity > most || begin > ring::last_begin) {
            ring::fail("cannot be made: for 1 to ", std::to_string(most) +
                                                        " messages of this type, numbered from 0 "
                                                        "to 2^63, not for " +
                                                        std::to_string(capacity));
        }
        if (size < bytes(capacity) || !is_aligned(memory)) {
            ring::fail("needs ", std::to_string(bytes(capacity)) + " bytes, aligned to 128, for " +
                                     std::to_string(capacity) + " messages; it got " +
                                     std::to_string(size));
        }
        ring::require_unused(static_cast<ring::Header*>(memory)->magic);
        auto* header = new (memory)
            ring::Header{{}, {capacity}, ring::Tag::of<T>(Slots::layout), {}, {}, {begin}, {begin}};
        ring::make_lock(header->producer);
        ring::make_lock(header->consumer);
        if constexpr (!Slots::spans) Slots(*header, capacity, 0).make_numbers(begin);
        header->magic.store(ring::magic, std::memory_order_release);  // release: the rest is whole
        return Ring(header, capacity);
    }

    /// Returns the ring that another process has made.
    /// @param memory  as for create()
    /// @param size    of the memory, in bytes, from the kernel (fstat), not from the memory
    /// @throws RingError if there is none (yet), or one of other messages or another size, or one
    ///         whose maker had other locks or pids: of 32 bits, or in another pid namespace
    [[nodiscard]] static Ring open(void* memory, std::size_t size) {
        if (!is_aligned(memory)) ring::fail("needs memory that is aligned to 128 bytes");
        auto* header = static_cast<ring::Header*>(memory);
        // acquire: what create() stored before is there
        if (size < sizeof(*header) || header->magic.load(std::memory_order_acquire) != ring::magic)
            ring::fail("is not there: this memory holds none, or none that is complete");
        ring::compare(header->tag, ring::Tag::of<T>(Slots::layout));
        // relaxed: comes with the magic number. Read once, checked and kept.
        const std::uint64_t told = header->capacity.load(std::memory_order_relaxed);
        const auto capacity = static_cast<std::size_t>(told);  // the same, if told <= most
        if (told < 1 || told > most || bytes(capacity) > size) {
            ring::fail("has been cut short: ", std::to_string(told) + " messages do not fit in " +
                                                   std::to_string(size) + " bytes");
        }
        return Ring(header, capacity);
    }

    /// Returns how many messages fit in.
    [[nodiscard]] std::size_t capacity() const { return capacity_; }

    /// Returns how many messages are in the ring: sent, and not given back yet. For who watches it:
    /// any process that has it open may ask, claims nothing and changes nothing. While both ends
    /// go on, it is a number between what it was at some moment of the call and the capacity
    /// (if the caller is not stopped meanwhile for 2^31 messages).
    [[nodiscard]] std::size_t depth() const { return slots_at(0).depth(); }

private:
    Ring(ring::Header* its_header, std::size_t slot_count)
        : header_(its_header), capacity_(slot_count) {}

    // How many messages of this type fit in without their bytes being too many for a size_t.
    static constexpr std::size_t most =
        std::min(ring::most_messages, std::numeric_limits<std::size_t>::max() / 4 / Slots::step);

    static bool is_aligned(const void* memory) {
        return reinterpret_cast<std::uintptr_t>(memory) % ring::two_lines == 0;
    }

    // Returns the slots, at the place of message `number`.
    Slots slots_at(std::uint64_t number) const { return Slots(*header_, capacity_, number); }

    ring::Header* header_;
    std::size_t capacity_;  // our own copy: the peer may write the header's
    template <typename, RingFor>
    friend class Producer;
    template <typename, RingFor>
    friend class Consumer;
};

/// A ring whose messages lie side by side: for spans.
template <typename T>
using SpanRing = Ring<T, RingFor::spans>;

}  // namespace shm
