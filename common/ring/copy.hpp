// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// How a message is copied into its slot, and out of it; lesson 05.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>  // memcpy
#include <type_traits>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

constexpr std::size_t most_in_words = 64, most_at_once = 256;  // bytes

// Whether its lines come one by one as it is copied, so that it is worth while to ask for them
// before.
template <typename T>
constexpr bool is_large = sizeof(T) > most_at_once;

//! [copy large]
// Copies a large message line by line. gcc would do it by one `rep movs`, which on an Intel Xeon
// brought 1024 bytes out of another processor's cache two thirds as fast.
template <typename T>
[[gnu::always_inline]] inline void copy_lines(T* to, const T& from) {
    const auto* source = reinterpret_cast<const std::byte*>(&from);
    auto* target = reinterpret_cast<std::byte*>(to);
    constexpr std::size_t in_lines = sizeof(T) / 64 * 64;
    for (std::size_t i = 0; i < in_lines; i += 64) {
        std::memcpy(target + i, source + i, 64);
        __asm__("" : : : "memory");  // lest gcc make the loop one call
    }
    if constexpr (in_lines != sizeof(T))
        std::memcpy(target + in_lines, source + in_lines, sizeof(T) - in_lines);
}
//! [copy large]

//! [copy]
// Copies a message into its slot: a small one in words as wide as its members may be. On x86-64,
// what has just been written in words, and is read by loads of 16 bytes, as gcc copies it
// otherwise, cannot be had from the store queue: such a load waits until the words have left it,
// behind all older stores.
template <typename T>
[[gnu::always_inline]] inline void copy_in(T* to, const T& from) {
    using Word = std::conditional_t<alignof(T) == 4 || sizeof(void*) == 4,  //
                                    std::uint32_t, std::uint64_t>;
    if constexpr (sizeof(T) > 16 && sizeof(T) <= most_in_words && alignof(T) >= 4) {
        const auto* source = reinterpret_cast<const std::byte*>(&from);
        auto* target = reinterpret_cast<std::byte*>(to);
        for (std::size_t i = 0; i < sizeof(T); i += sizeof(Word)) {
            Word word;
            std::memcpy(&word, source + i, sizeof(Word));
            __asm__("" : "+r"(word));  // lest gcc join two of them
            std::memcpy(target + i, &word, sizeof(Word));
        }
    } else if constexpr (is_large<T>) {
        copy_lines(to, from);
    } else {
        *to = from;
    }
}
//! [copy]

// Copies a message out of its slot.
template <typename T>
[[gnu::always_inline]] inline void copy_out(T* to, const T& from) {
    if constexpr (is_large<T>)
        copy_lines(to, from);
    else
        *to = from;
}

}  // namespace shm::ring
/// @endcond
