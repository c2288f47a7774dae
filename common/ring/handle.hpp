// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// A process's handle of a ring: makes one in memory, or finds the one that is there; lesson 05.
#pragma once

#include "header.hpp"
#include "ring_error.hpp"
#include "slots.hpp"

#include <pthread.h>  // robust mutexes

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <type_traits>

namespace shm {

/// A process's handle of a ring. Copy it freely; no end may outlive it, nor it the mapping.
/// @tparam T  a message; trivially copyable, aligned to 64 at most, and without pointers
template <typename T, SequenceNumbers numbers = SequenceNumbers::beside>
class Ring {
    static_assert(std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T>);
    static_assert(alignof(T) <= 64 && std::atomic<std::uint64_t>::is_always_lock_free);
    using Slots = ring::Slots<T, numbers>;

public:
    /// Returns how many bytes of memory a ring for `capacity` messages takes.
    [[nodiscard]] static constexpr std::size_t bytes(std::size_t capacity) {
        return sizeof(ring::Header) + Slots::numbers_bytes(capacity) + capacity * Slots::step;
    }

    /// Makes a ring, in memory that no other process uses yet.
    /// @param memory    a mapping, aligned to 128 bytes; any process may map it anywhere
    /// @param size      of the memory, in bytes
    /// @param capacity  how many messages fit in, 1 to 2^30
    /// @param begin     the first message's number; a test begins near an edge
    /// @returns         what open() returns to the others
    /// @throws RingError if the memory is too small, or not aligned
    static Ring create(void* memory, std::size_t size, std::size_t capacity,
                       std::uint64_t begin = 0) {
        if (capacity < 1 || capacity > std::size_t{1} << 30 || size < bytes(capacity) ||
            reinterpret_cast<std::uintptr_t>(memory) % ring::two_lines != 0) {
            ring::fail("needs ", std::to_string(bytes(capacity)) + " bytes, aligned to 128, for " +
                                     std::to_string(capacity) + " messages; it got " +
                                     std::to_string(size));
        }
        auto* header = new (memory)
            ring::Header{{}, sizeof(T), alignof(T), {capacity}, numbers, {}, {}, {begin}};
        pthread_mutexattr_t robust;
        pthread_mutexattr_init(&robust);  // with these arguments none of them fails in glibc
        pthread_mutexattr_setpshared(&robust, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&header->producer.lock, &robust);
        pthread_mutex_init(&header->consumer.lock, &robust);
        pthread_mutexattr_destroy(&robust);
        for (Slots slots(memory, capacity, 0); slots.at != slots.end; slots.at += Slots::step) {
            new (&slots.sequence_number())
                std::atomic(static_cast<typename Slots::SequenceNumber>(begin));
        }
        header->magic.store(ring::magic, std::memory_order_release);  // release: the rest is whole
        return Ring(header, capacity);
    }

    /// Returns the ring that another process has made.
    /// @param size  of the memory, in bytes, from the kernel (fstat), not from the memory
    /// @throws RingError if there is none (yet), or one of other messages or another size
    [[nodiscard]] static Ring open(void* memory, std::size_t size) {
        auto* header = static_cast<ring::Header*>(memory);
        // acquire: what create() stored before is there
        if (size < sizeof(*header) || header->magic.load(std::memory_order_acquire) != ring::magic)
            ring::fail("is not there: this memory holds none, or none that is complete");
        const std::uint64_t capacity = header->capacity;  // read once (order: magic's), and kept
        if (header->message_size != sizeof(T) || header->message_alignment != alignof(T) ||
            header->numbers != numbers || capacity - 1 >= size || bytes(capacity) > size) {
            ring::fail("is another: ", std::to_string(capacity) + " messages of " +
                                           std::to_string(header->message_size) + " bytes, in " +
                                           std::to_string(size));
        }
        return Ring(header, capacity);
    }

    /// Returns how many messages fit in.
    [[nodiscard]] std::size_t capacity() const { return capacity_; }

private:
    Ring(ring::Header* its_header, std::uint64_t slot_count)
        : header_(its_header), capacity_(slot_count) {}

    // Returns the number of the first message that is not there, if all before `from` were.
    [[gnu::noinline]] std::uint64_t sent(std::uint64_t from) const {
        for (std::uint64_t sent = from; sent - from <= capacity_;) {
            const std::size_t run = Slots(header_, capacity_, sent).run(sent);
            if (run == 0) return sent;
            sent += run;
        }
        ring::fail("is broken: more is there than fits in");
    }

    ring::Header* header_;
    std::uint64_t capacity_;  // our own copy: the peer may write the header's
    template <typename, SequenceNumbers>
    friend class Producer;
    template <typename, SequenceNumbers>
    friend class Consumer;
};

/// A ring whose messages lie side by side: for spans.
template <typename T>
using SpanRing = Ring<T, SequenceNumbers::apart>;

}  // namespace shm
