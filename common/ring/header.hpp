// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// What a ring's memory begins with: the tag that says what it is, and what both ends have to know;
/// lesson 05.
#pragma once

#include "endpoint.hpp"
#include "ring_error.hpp"
#include "tag.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

struct Header {  // NOLINT(clang-analyzer-optin.performance.Padding): it is wanted
    std::atomic<std::uint64_t> magic;     // stored last
    std::atomic<std::uint64_t> capacity;  // atomic, lest it be read twice where it is read once
    Tag tag;
    Endpoint producer, consumer;
    // Messages that were sent, or fewer: where a number is beside each message, that one counts.
    alignas(two_lines) std::atomic<std::uint64_t> sent;
    alignas(two_lines) std::atomic<std::uint64_t> released;  // messages that were given back
};
constexpr std::uint64_t magic = 0x5350'5343'5249'4e47;  // "SPSCRING"
// The most messages that fit in: so many take a GiB or more, and numbers modulo 2^32 still tell one
// round from the next.
constexpr std::size_t most_messages = std::size_t{1} << 30;
// A ring's first number is 2^63 at most. No ring sends 2^62 messages, which takes a century at a
// thousand million a second: beyond that, no correct peer has counted, and sums might overflow.
constexpr std::uint64_t last_begin = std::uint64_t{1} << 63;
constexpr std::uint64_t last_number = last_begin + (std::uint64_t{1} << 62);

// Throws RingError if something lies where a ring is to be made.
inline void require_unused(const std::atomic<std::uint64_t>& its_magic) {
    // relaxed: what another one made is not touched
    if (its_magic.load(std::memory_order_relaxed) != 0) {
        fail(
            "cannot be made here: this memory holds one already, or something else; open it, or "
            "take memory whose bytes are all zero");
    }
}

// Returns what was given back, as a new producer finds it. Not inlined, lest the loop that comes
// after it be compiled otherwise.
[[gnu::noinline]] inline std::uint64_t believable(std::uint64_t released) {
    if (released > last_number) fail("is broken: no ring has given back so much");
    return released;
}

// Says whether `count` messages from number `next` on reach beyond `end`, the first that was not
// handed out.
constexpr bool is_beyond(std::size_t count, std::uint64_t next, std::uint64_t end) {
    return count > (end > next ? end - next : 0);
}

// Returns how much lies in a ring whose two counts are these, for a process that has claimed no
// endpoint.
inline std::size_t between(const std::atomic<std::uint64_t>& released,
                           const std::atomic<std::uint64_t>& sent, std::size_t capacity) {
    // acquire: what was given back had been sent, so what is sent is no older
    const std::uint64_t from = released.load(std::memory_order_acquire);
    // relaxed: a caller of this touches no message
    const std::uint64_t ahead = sent.load(std::memory_order_relaxed) - from;
    // The smaller one, since both may have moved on in between.
    return static_cast<std::size_t>(std::min<std::uint64_t>(ahead, capacity));
}

}  // namespace shm::ring
/// @endcond
