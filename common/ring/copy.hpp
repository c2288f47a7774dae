// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// How a message is copied into its slot, and out of it; lesson 05.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>  // memcpy
#include <memory>   // addressof
#include <type_traits>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

// In bytes. gcc copies a larger message than the second by `rep movs`, up to the third; on x86-64.
constexpr std::size_t most_in_words = 64, most_inline = 256, most_by_rep = 8192;

template <typename T>
constexpr bool is_copied_by_lines =
#if defined(__x86_64__) && !defined(__OPTIMIZE_SIZE__)
    sizeof(T) > most_inline && sizeof(T) <= most_by_rep;
#else
    false;
#endif

// Bytes of any type: ThreadSanitizer sees them copied, as it does not see a small memcpy.
template <std::size_t count>
struct [[gnu::may_alias]] Bytes {
    char bytes[count];
};
// Its second member lies in the padding at the end of a T, if a class derived from T may have a
// member of its own there.
template <typename T>
struct Behind {
    [[no_unique_address]] T message;
    char next;
};

//! [copy large]
// Copies a large message by lines of 64 bytes. By `rep movs`, an Intel Xeon brought 1024 bytes out
// of another processor's cache two thirds as fast.
template <typename T>
[[gnu::always_inline]] inline void copy_lines(T* to, const T& from) {
    constexpr std::size_t size = offsetof(Behind<T>, next), rest = size % 64;
    const auto* source = reinterpret_cast<const std::byte*>(std::addressof(from));
    auto* target = reinterpret_cast<std::byte*>(to);
    std::size_t done = 0;
    for (; done < size - rest; done += 64) {
        *reinterpret_cast<Bytes<64>*>(target + done) =
            *reinterpret_cast<const Bytes<64>*>(source + done);
        // Lest gcc make the loop one call. (With only `done` made unknown it was as slow as that.)
        __asm__("" : : : "memory");
    }
    if constexpr (rest != 0) {
        *reinterpret_cast<Bytes<rest>*>(target + done) =
            *reinterpret_cast<const Bytes<rest>*>(source + done);
    }
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
        const auto* source = reinterpret_cast<const std::byte*>(std::addressof(from));
        auto* target = reinterpret_cast<std::byte*>(to);
        for (std::size_t i = 0; i < sizeof(T); i += sizeof(Word)) {
            Word word;
            std::memcpy(&word, source + i, sizeof(Word));
            __asm__("" : "+r"(word));  // lest gcc join two of them
            std::memcpy(target + i, &word, sizeof(Word));
        }
    } else if constexpr (is_copied_by_lines<T>) {
        copy_lines(to, from);
    } else {
        *to = from;
    }
}
//! [copy]

// Copies a message out of its slot.
template <typename T>
[[gnu::always_inline]] inline void copy_out(T* to, const T& from) {
    if constexpr (is_copied_by_lines<T>)
        copy_lines(to, from);
    else
        *to = from;
}

}  // namespace shm::ring
/// @endcond
