// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// The slots of a ring: a place for one message each, and how the ends learn which messages are
/// there; lesson 05.
#pragma once

#include "copy.hpp"
#include "header.hpp"
#include "ring_error.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

/// @cond  What a ring consists of; not for users.
namespace shm::ring {

// Places of `step` bytes behind the header, and `at`: the one that an end comes to next.
template <std::size_t step_bytes>
struct Places {
    static constexpr std::size_t step = step_bytes;

    // (These names, since gcc says of a constructor's that they shadow what a program calls so.)
    Places(Header& its_header, std::size_t place_count, std::uint64_t next)
        : header(&its_header),
          first(reinterpret_cast<std::byte*>(header + 1)),
          end(first + place_count * step),
          at(first + static_cast<std::size_t>(next % place_count) * step) {}

    std::size_t left() const { return static_cast<std::size_t>(end - at) / step; }  // to the end
    std::size_t capacity() const { return static_cast<std::size_t>(end - first) / step; }
    // Whether it is the first place that begins in its line.
    [[gnu::always_inline]] bool is_first_of_line() const {
        return (reinterpret_cast<std::uintptr_t>(at) & 63) < step;
    }
    [[gnu::always_inline]] void wrap() {  // before a place is used
        // So improbable, lest gcc make it a conditional move: those depend on each other.
        if (__builtin_expect_with_probability(at == end, 0, 0.999)) at = first;
    }
    //! [look sent]
    // Returns how many messages are there for certain, from message `number` on, up to the end.
    [[gnu::always_inline]] std::size_t counted(std::uint64_t number) const {
        // acquire: the messages that the count counts are there
        const std::uint64_t ahead = header->sent.load(std::memory_order_acquire) - number;
        if (ahead - 1 < left()) [[likely]]
            return static_cast<std::size_t>(ahead);
        if (static_cast<std::int64_t>(ahead) <= 0) return 0;
        if (ahead > capacity()) fail("is broken: more is there than fits in");
        return left();
    }
    //! [look sent]

    Header* header;
    std::byte *first, *end, *at;
};

// 64: a line of x86, and of most processors by Arm. With larger lines it holds as well.
constexpr bool divides_a_line(std::size_t bytes) {
    return 64 % bytes == 0;
}

//! [ask to write]
// Asks for a line that a store will need soon, to have it alone.
[[gnu::always_inline]] inline void ask_to_write(const std::byte* at) {
#if defined(__x86_64__)
    // The builtin would ask for reading, unless the compiler is told of a processor that has this
    // instruction (-mprfchw, -march=broadwell). AMD's of 64 bits have it, and Intel's from
    // Broadwell on; Intel's of some years before do nothing.
    __asm__("prefetchw %0" : : "m"(*at));
#else
    __builtin_prefetch(at, 1);
#endif
}
//! [ask to write]

// Messages side by side, and one count of what was sent: nothing is lost between them.
template <typename T>
struct SideBySide : Places<sizeof(T)> {
    static constexpr std::uint32_t layout = 0;  // bytes of a number
    static constexpr bool spans = true;         // several messages can be had at once
    static constexpr std::size_t asked_ahead = 0;
    using Places<sizeof(T)>::Places;

    T* message() const { return reinterpret_cast<T*>(this->at); }
    // What changes when the next message is sent.
    std::atomic<std::uint64_t>& news() const { return this->header->sent; }
    // Returns how many messages are here, from message `number` on, up to the end of the memory.
    [[gnu::always_inline]] std::size_t there(std::uint64_t number) const {
        return this->counted(number);
    }
    //! [publish count]
    // `count` messages are written here: `sent` messages have been sent then.
    [[gnu::always_inline]] void publish(std::size_t count, std::uint64_t sent) {
        this->at += count * sizeof(T);
        // release: the messages are whole first. (Weaker, Arm may show the count first.)
        this->header->sent.store(sent, std::memory_order_release);
    }
    //! [publish count]
    //! [ask ahead of known]
    // The consumer has taken what is before `at`, and knows of `known` messages there. Where one is
    // larger than a few lines, it asks for the lines of the one after the next. Else it asks eight
    // lines ahead, once a line (of one message a call). With fewer known than 2048 bytes bursts
    // were slower by it, and so was each stream of 256 bytes. Above 1024 bytes it was not tried.
    [[gnu::always_inline]] void ask_ahead(std::uint64_t known) const {
        constexpr bool is_small = sizeof(T) <= 64;
        constexpr bool asks = sizeof(T) >= 16 && (is_small || sizeof(T) > most_inline);
        if constexpr (asks && sizeof(T) <= 1024) {
            constexpr std::size_t ahead = is_small ? 512 : sizeof(T);  // bytes
            if (known * sizeof(T) < (is_small ? 4 : 2) * ahead || !this->is_first_of_line()) return;
            for (std::size_t line = 0; line < sizeof(T); line += 64)
                __builtin_prefetch(this->at + ahead + line);
        }
    }
    //! [ask ahead of known]
    // Returns how many messages had been sent, if all before `from` were.
    std::uint64_t sent_since(std::uint64_t from) const {
        // acquire: who goes on there may read them
        const std::uint64_t sent = this->header->sent.load(std::memory_order_acquire);
        if (sent - from > this->capacity()) fail("is broken: more is there than fits in");
        return sent;
    }
    std::size_t depth() const {
        return between(this->header->released, this->header->sent, this->capacity());
    }
};

// A message and its sequence number. The line that brings the one brings the other: they never lie
// on two, since the size of both divides 64. (Modulo 2^32 where the number has 4 bytes: one that
// lies here is never older than a round, and for an end never newer than the next message.)
template <typename T>
struct Numbered {
    using Number =
        std::conditional_t<alignof(T) <= 4 && divides_a_line((sizeof(T) + 3) / 4 * 4 + 4),
                           std::uint32_t, std::uint64_t>;

    std::atomic<Number> number;
    alignas(T) std::byte message[sizeof(T)];
};

// Messages of which each has its number. One that comes alone costs one line: its own, which brings
// the number; with a count for all it would cost that line, too.
template <typename T>
struct Beside : Places<sizeof(Numbered<T>)> {
    using Number = typename Numbered<T>::Number;
    static constexpr std::uint32_t layout = sizeof(Number);
    static constexpr bool spans = false;
    // How far ahead the consumer asks for a line: four lines. So much is free behind the last slot.
    static constexpr std::size_t asked_ahead = 256;
    static_assert(divides_a_line(sizeof(Numbered<T>)) && sizeof(Header) % 64 == 0);
    using Base = Places<sizeof(Numbered<T>)>;
    using Base::Base;

    T* message() const { return reinterpret_cast<T*>(here()->message); }
    std::atomic<Number>& news() const { return here()->number; }
    //! [look number]
    [[gnu::always_inline]] std::size_t there(std::uint64_t number) const {
        // Where many are there, their count says so, and spares each of them a look at its own line
        // while the producer still writes to it.
        const std::size_t counted = this->counted(number);
        if (counted != 0) [[likely]]
            return counted;
        // acquire: the message that the number counts is there
        const Number count = news().load(std::memory_order_acquire) - static_cast<Number>(number);
        if (count == 1) return 1;
        if (static_cast<std::make_signed_t<Number>>(count) <= 0) return 0;  // an older one
        fail("is broken: a sequence number is too high");
    }
    //! [look number]
    //! [publish number]
    [[gnu::always_inline]] void publish(std::size_t, std::uint64_t sent) {
        // release: the message is whole first. (Weaker, Arm may show the number first.)
        news().store(static_cast<Number>(sent), std::memory_order_release);
        this->at += Base::step;
        // release: likewise. Seldom: it is another line that changes hands, and tells the same.
        if ((reinterpret_cast<std::uintptr_t>(this->at) & (count_each - 1)) < Base::step)
            this->header->sent.store(sent, std::memory_order_release);
    }
    //! [publish number]
    //! [ask ahead]
    // The consumer has taken what is before `at`, and asks for a line that it will need soon. The
    // processor itself begins early with later loads, and may fetch neighbours; for small messages
    // that is too few lines.
    [[gnu::always_inline]] void ask_ahead(std::uint64_t) const {
        __builtin_prefetch(this->at + asked_ahead);
    }
    //! [ask ahead]
    void make_numbers(std::uint64_t begin) {  // of all slots from here on
        for (; this->at != this->end; this->at += Base::step)
            new (&news()) std::atomic(static_cast<Number>(begin));
    }
    // They were sent in order: if one is there, so are those before it, and half need no look.
    std::uint64_t sent_since(std::uint64_t from) const {
        std::uint64_t sent = from, unsent = from + this->capacity();
        while (sent < unsent) {
            const std::uint64_t middle = sent + (unsent - sent) / 2;
            const Beside place(*this->header, this->capacity(), middle);
            // acquire: who goes on there may read it. Signed: what is newer was sent, too.
            const Number ahead =
                place.news().load(std::memory_order_acquire) - static_cast<Number>(middle);
            if (static_cast<std::make_signed_t<Number>>(ahead) > 0)
                sent = middle + 1;
            else
                unsent = middle;
        }
        return sent;
    }
    std::size_t depth() const {
        // acquire: what was given back had been sent, so what is sent is no older
        const std::uint64_t from = this->header->released.load(std::memory_order_acquire);
        return static_cast<std::size_t>(sent_since(from) - from);
    }

private:
    // In bytes, a power of two. A smaller ring may have no count at all: its consumer looks at each
    // number.
    static constexpr std::size_t count_each = 2048;

    Numbered<T>* here() const { return reinterpret_cast<Numbered<T>*>(this->at); }
};

// Whether each message of a Ring has its number beside it. A larger one has, where that costs no
// more than half of its own memory.
template <typename T>
constexpr bool has_numbers() {
    constexpr std::size_t both = sizeof(Numbered<T>);
    return sizeof(T) <= 8 || (divides_a_line(both) && 2 * both <= 3 * sizeof(T));
}

// What a ring of these messages is made of.
template <typename T, RingFor use>
using Slots =
    std::conditional_t<use == RingFor::calls && has_numbers<T>(), Beside<T>, SideBySide<T>>;

}  // namespace shm::ring
/// @endcond
