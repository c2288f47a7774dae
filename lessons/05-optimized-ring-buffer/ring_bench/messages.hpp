/// @file
/// Lesson 05, ring_bench: many messages that lie one behind another, in a span or a batch. A
/// program can work on all of them with wide instructions, and so does this: what it does with the
/// messages shall not hide what the ring does.
#pragma once

#include "message.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>  // memcpy
#include <type_traits>

namespace ring_bench {

// What one instruction stores or loads on any processor with vectors, and room for their sums: a
// sum of 4-byte words would wrap.
using Four [[gnu::vector_size(16)]] = std::uint32_t;
using FourSums [[gnu::vector_size(32)]] = std::uint64_t;
using Two [[gnu::vector_size(16)]] = std::uint64_t;

template <typename Word>
using Words = std::conditional_t<sizeof(Word) == 4, Four, Two>;

/// Writes the messages number, number + 1, and so on, as Message::write() writes each.
template <std::size_t size>
[[gnu::always_inline]] inline void write_all(Message<size>* messages, std::size_t count,
                                             std::uint64_t number) {
    using Word = typename Message<size>::Word;
    constexpr std::size_t words = 16 / sizeof(Word);
    Words<Word> first;  // 0, 1, 2, and so on
    for (std::size_t k = 0; k < words; ++k) first[k] = static_cast<Word>(k);
    std::size_t i = 0;
    if constexpr (size == sizeof(Word)) {
        Words<Word> next = first + static_cast<Word>(number);
        for (; i + words <= count; i += words) {
            std::memcpy(static_cast<void*>(messages + i), &next, sizeof(next));
            next += static_cast<Word>(words);
        }
    } else if constexpr (size % 16 == 0) {
        for (; i < count; ++i) {
            Words<Word> next = first + static_cast<Word>(number + i);
            for (std::size_t k = 0; k < Message<size>::count; k += words) {
                std::memcpy(messages[i].words + k, &next, sizeof(next));
                next += static_cast<Word>(words);
            }
        }
    }
    for (; i < count; ++i) messages[i].write(number + i);
}

/// Returns the sum of all words of the messages.
template <std::size_t size>
[[gnu::always_inline]] inline std::uint64_t sum_all(const Message<size>* messages,
                                                    std::size_t count) {
    using Word = typename Message<size>::Word;
    constexpr std::size_t words = 16 / sizeof(Word);
    constexpr std::size_t step = size == sizeof(Word) ? words : 1;  // messages
    std::uint64_t sum = 0;
    std::size_t i = 0;
    if constexpr (step * size % 16 == 0) {
        using Sums = std::conditional_t<words == 4, FourSums, Two>;
        Sums sums = {};
        for (; i + step <= count; i += step) {
            const auto* bytes = reinterpret_cast<const std::byte*>(messages + i);
            for (std::size_t k = 0; k < step * size; k += sizeof(Words<Word>)) {
                Words<Word> next;
                std::memcpy(&next, bytes + k, sizeof(next));
                sums += __builtin_convertvector(next, Sums);
            }
        }
        for (std::size_t k = 0; k < words; ++k) sum += sums[k];
    }
    for (; i < count; ++i) sum += messages[i].sum();
    return sum;
}

}  // namespace ring_bench
