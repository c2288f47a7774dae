/// @file
/// How a creator says "this memory is mine, whole, and of this shape", and how an opener checks
/// it. Lesson 01 teaches it.
#pragma once

#include <pthread.h>    // pthread_mutex_t
#include <semaphore.h>  // sem_t

#include <atomic>
#include <cstdint>
#include <string_view>

namespace shm {

/// What decides how a program lays out the members of a struct, beside its source: the sizes of a
/// pointer, of a mutex and of a semaphore, in three hexadecimal digits; 0x854 on a 64-bit PC. A
/// program that was built for 32 bits, or with another C library, has another one.
inline constexpr std::uint16_t layout_abi =
    (sizeof(void*) << 8U) | (sizeof(pthread_mutex_t) / 8 << 4U) | (sizeof(sem_t) / 8);
static_assert(sizeof(void*) < 16 && sizeof(pthread_mutex_t) / 8 < 16 && sizeof(sem_t) / 8 < 16,
              "a digit each");

/// The first member of every struct of ours that lies in shared memory.
///
/// New shared memory reads as zeros, so `magic` is 0 until the creator has published. A creator may
/// construct its struct there with `new (memory) Struct{}`: that stores the zeros that are there
/// already, so an opener that looks meanwhile reads 0 either way. prepare() then stores version and
/// size, publish() at last the magic number.
//! [layout header]
struct LayoutHeader {
    std::atomic<std::uint64_t> magic;  ///< 0 until publish(); then the struct's own number
    std::uint16_t version;  ///< raised whenever a member of the struct changes; 0 at first
    std::uint16_t abi;      ///< layout_abi of the program that made it; 0 at first
    std::uint32_t size;     ///< sizeof the whole struct, in bytes; 0 at first
};
//! [layout header]
static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock inside an atomic would be private to one process");
static_assert(sizeof(LayoutHeader) == 16);

/// What a struct's header must say, by its maker's source code.
struct Layout {
    std::uint64_t magic;    ///< any number but 0 that no other program is likely to use
    std::uint16_t version;  ///< 1, 2, 3 ...
    std::uint32_t size;     ///< sizeof the struct, in bytes
};

/// The creator's first step: says whose memory this is going to be. If the creator is killed next,
/// a process that finds the memory half made can tell it from another program's. Called once, by
/// one process, on new memory, before anything but zeros is written there.
void prepare(LayoutHeader& header, const Layout& layout);

/// The creator's last step: says that the struct behind `header` is whole. Called once, by the
/// process that called prepare(), after it has written everything else.
void publish(LayoutHeader& header, const Layout& layout);

/// Says whether a creator of `layout` began here, or may have, and never came to publish(): the
/// header is prepared, or all of the struct is zeros. The caller has made sure that the creator
/// is dead, and that layout.size bytes are mapped from `header` on.
bool is_unfinished(const LayoutHeader& header, const Layout& layout);

/// An opener's first look: says whether the creator has published yet. Any process may call it, on
/// a read-only mapping too, once it knows that the object is at least sizeof(LayoutHeader) long.
///
/// @param object  what to call it in a message, e.g. "/greeting"
/// @returns true if it has, and what is there is `layout`; everything that the creator wrote
///          before publish() can then be read. false if nothing is there yet: look again later
/// @throws Failure, with both values, if something else is there
bool is_published(const LayoutHeader& header, const Layout& layout, std::string_view object);

}  // namespace shm
