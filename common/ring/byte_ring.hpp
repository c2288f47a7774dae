// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// A ring for messages of any length, read and written where they lie; lesson 05. Its memory is
/// mapped twice in a row, so that a message that runs over the end goes on behind it, in one piece:
///
/// @code
/// // The creator: an object of whole pages. (No other can open this one by its name: it is given
/// // `fd`, by fork or SCM_RIGHTS. Or take shm_open.)
/// const int fd = memfd_create("ring", MFD_CLOEXEC);
/// if (posix_fallocate(fd, 0, shm::ByteRing::bytes(1 << 20)) != 0) ...
/// const shm::DoubleMapping memory(fd, shm::ByteRing::header_bytes());
/// const auto ring = shm::ByteRing::create(memory);  // the others: ByteRing::open(memory)
///
/// shm::ByteProducer producer(ring);
/// if (producer.wait(4096, 10s) != shm::WaitResult::ready) ...
/// const std::span<std::byte> room = *producer.reserve(4096);
/// producer.commit(read_some(room));                 // it may be less than was reserved
///
/// shm::ByteConsumer consumer(ring);                 // in another process
/// while (consumer.wait(10s) == shm::WaitResult::ready) {
///     use(*consumer.peek());
///     consumer.release();
/// }
/// @endcode
///
/// Messages follow each other without gaps, each behind 8 bytes that hold its length, filled up to
/// a multiple of 8 bytes. Two counts, of bytes ever sent and ever given back, say what is there.
#pragma once

#include "double_mapping.hpp"
#include "endpoint.hpp"
#include "header.hpp"
#include "ring_error.hpp"
#include "tag.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>

namespace shm {

/// @cond  What a ring consists of; not for users.
namespace ring {

struct ByteHeader {  // NOLINT(clang-analyzer-optin.performance.Padding): it is wanted
    std::atomic<std::uint64_t> magic;     // stored last
    std::atomic<std::uint64_t> capacity;  // of the maker's mapping; compared, and never used
    Tag tag;
    Endpoint producer, consumer;
    // Bytes of messages, with their lengths, since the ring was made; each written by one end only.
    alignas(two_lines) std::atomic<std::uint64_t> sent;
    alignas(two_lines) std::atomic<std::uint64_t> released;
};
constexpr std::uint64_t byte_magic = 0x5350'5343'4259'5431;  // "SPSCBYT1"

using Length = std::uint64_t;
// Returns how many bytes a message takes: its length, the message, and what makes the next length
// begin at a multiple of 8 again.
constexpr std::uint64_t record_bytes(std::uint64_t length) {
    return sizeof(Length) + (length + sizeof(Length) - 1) / sizeof(Length) * sizeof(Length);
}
// The peer may write it at any time: an atomic is read as often as the program says, and no more.
inline std::atomic<Length>& length_at(std::byte* record) {
    return *reinterpret_cast<std::atomic<Length>*>(record);
}

}  // namespace ring
/// @endcond

/// A process's handle of a ring of bytes. Copy it freely; neither it nor an end may outlive the
/// mapping.
class ByteRing {
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

public:
    /// Returns how many bytes at the beginning of the object are the ring's own: a page or more.
    /// They are mapped once, the rest twice (DoubleMapping's second argument).
    [[nodiscard]] static std::size_t header_bytes() {
        const std::size_t page = DoubleMapping::page();
        return (sizeof(ring::ByteHeader) + page - 1) / page * page;
    }
    /// Returns how many bytes an object with room for `capacity` bytes must have, at least: whole
    /// pages. Each message takes up to 15 bytes more than its own.
    [[nodiscard]] static std::size_t bytes(std::size_t capacity) {
        const std::size_t page = DoubleMapping::page();
        return header_bytes() + (capacity + page - 1) / page * page;
    }

    /// Makes a ring, in memory that no other process uses yet and that is all zeros.
    /// @param fresh_memory  of an object of any whole number of pages; all of it is used
    /// @param begin         bytes that count as sent before, a multiple of 8, 2^63 at most; a test
    ///                      begins near an edge
    /// @returns             what open() returns to the others
    /// @throws RingError if `begin` is none of these, if there is something in the memory, or if it
    ///         is mapped otherwise
    static ByteRing create(const DoubleMapping& fresh_memory, std::uint64_t begin = 0) {
        check_mapped(fresh_memory);
        if (begin > ring::last_begin || begin % sizeof(ring::Length) != 0)
            ring::fail("cannot be made: it begins at a multiple of 8, 2^63 at most");
        void* const memory = fresh_memory.once();
        ring::require_unused(static_cast<ring::ByteHeader*>(memory)->magic);
        auto* header = new (memory)
            ring::ByteHeader{{}, {fresh_memory.size()}, tag(), {}, {}, {begin}, {begin}};
        ring::make_lock(header->producer);
        ring::make_lock(header->consumer);
        // release: the rest is whole
        header->magic.store(ring::byte_magic, std::memory_order_release);
        return ByteRing(fresh_memory);
    }

    /// Returns the ring that another process has made.
    /// @throws RingError if there is none (yet), or one of another kind or size, or one whose maker
    ///         had other locks or pids: of 32 bits, or in another pid namespace
    [[nodiscard]] static ByteRing open(const DoubleMapping& its_memory) {
        check_mapped(its_memory);
        const auto* header = reinterpret_cast<const ring::ByteHeader*>(its_memory.once());
        // acquire: what create() stored before is there
        if (header->magic.load(std::memory_order_acquire) != ring::byte_magic)
            ring::fail("is not there: this memory holds none, or none that is complete");
        ring::compare(header->tag, tag());
        // relaxed: comes with the magic number
        const std::uint64_t capacity = header->capacity.load(std::memory_order_relaxed);
        if (capacity != its_memory.size()) {
            ring::fail("is another: it was made for ", std::to_string(capacity) +
                                                           " bytes, and this mapping has " +
                                                           std::to_string(its_memory.size()));
        }
        return ByteRing(its_memory);
    }

    /// Returns how many bytes fit in, lengths included.
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    /// Returns how many bytes are in the ring: sent, and not given back yet, lengths and filling
    /// included. For who watches it, as Ring::depth().
    [[nodiscard]] std::size_t depth() const {
        return ring::between(header_->released, header_->sent, capacity_);
    }
    /// Returns the length of the longest message that fits in, in bytes.
    [[nodiscard]] std::size_t longest() const { return capacity_ - sizeof(ring::Length); }

private:
    explicit ByteRing(const DoubleMapping& its_memory)
        : header_(reinterpret_cast<ring::ByteHeader*>(its_memory.once())),
          data_(its_memory.data()),
          capacity_(its_memory.size()) {}

    // Its messages are bytes; the last says nothing here, where there are no slots.
    static ring::Tag tag() { return ring::Tag::of<std::byte>(0); }

    static void check_mapped(const DoubleMapping& memory) {
        if (memory.once_bytes() != header_bytes())
            ring::fail("needs a mapping with header_bytes() that are mapped once");
    }

    ring::ByteHeader* header_;
    std::byte* data_;
    std::size_t capacity_;  // of the mapping: the peer may write the header's
    friend class ByteProducer;
    friend class ByteConsumer;
};

}  // namespace shm
