// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// What a ring's memory begins with: the tag that says what it is, and what both ends have to know;
/// lesson 05.
#pragma once

#include "endpoint.hpp"

#include <atomic>
#include <cstdint>

namespace shm {

/// Where the sequence numbers lie: beside the messages (Ring), or apart from them (SpanRing).
enum class SequenceNumbers : std::uint64_t {
    beside,  ///< each beside its message
    apart,   ///< one for each 64 slots
};

/// @cond  What a ring consists of; not for users.
namespace ring {

struct Header {  // NOLINT(clang-analyzer-optin.performance.Padding): it is wanted
    std::atomic<std::uint64_t> magic;  // stored last
    std::uint64_t message_size, message_alignment;
    std::atomic<std::uint64_t> capacity;  // atomic, lest it be read twice where it is read once
    SequenceNumbers numbers;
    Endpoint producer, consumer;
    alignas(two_lines) std::atomic<std::uint64_t> released;  // messages that were given back
};
constexpr std::uint64_t magic = 0x5350'5343'5249'4732;  // "SPSCRIG2"

}  // namespace ring
/// @endcond

}  // namespace shm
