/// @file
/// Lesson 05, ring_bench: the messages. The producer writes every byte of each, the consumer adds
/// up every byte. The sum shows a message that is lost or given twice, not that two changed places:
/// the ring's tests look at the order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ring_bench {

/// A message of so many bytes; a multiple of 4.
template <std::size_t size>
struct Message {
    using Word = std::conditional_t<size % 8 == 0, std::uint64_t, std::uint32_t>;
    static constexpr std::size_t count = size / sizeof(Word);
    Word words[count];

    /// Writes the message with that number, each word different.
    [[gnu::always_inline]] void write(std::uint64_t number) {
        for (std::size_t i = 0; i < count; ++i) words[i] = static_cast<Word>(number + i);
    }
    /// Returns the message with that number.
    [[gnu::always_inline]] static Message number(std::uint64_t number) {
        Message message;
        message.write(number);
        return message;
    }

    /// Returns the sum of its words.
    [[gnu::always_inline]] std::uint64_t sum() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i) sum += words[i];
        return sum;
    }

    /// Returns what the words of the first `messages` messages add up to, modulo 2^64.
    /// @param messages  less than 2^32, so that no 4-byte word wraps
    static std::uint64_t sum_of_all(std::uint64_t messages) {
        const std::uint64_t numbers =
            messages % 2 == 0 ? messages / 2 * (messages - 1) : (messages - 1) / 2 * messages;
        return count * numbers + messages * (count * (count - 1) / 2);
    }
};

}  // namespace ring_bench
