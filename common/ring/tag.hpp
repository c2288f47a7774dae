// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// What a ring's two sides have to agree on before either touches a message; lesson 05.
#pragma once

#include "ring_error.hpp"
#include "version.hpp"

#include <pthread.h>   // pthread_mutex_t
#include <sys/stat.h>  // stat

#include <cstddef>
#include <cstdint>
#include <string>
#include <typeinfo>

namespace shm {

/// What a ring is made for. It decides whether messages may have numbers beside them (ring.hpp),
/// and whether the producer asks for memory ahead.
enum class RingFor {
    calls,  ///< one message a call, as fast as can be (Ring)
    spans,  ///< several messages a call, in place (SpanRing)
};

/// @cond  What a ring consists of; not for users.
namespace ring {

// Returns which type of message it is: a type's own `ring_tag`, which a program gives it to say
// "these bytes mean something else now", or else its name, as g++ and clang++ alike write it
// for the linker. 0 where a program is compiled without such names (-fno-rtti): not compared.
template <typename T>
std::uint64_t type_tag() {
    if constexpr (requires { std::uint64_t{T::ring_tag}; }) {
        return T::ring_tag;
    } else {
#ifdef __GXX_RTTI
        std::uint64_t hash = 0xcbf2'9ce4'8422'2325;  // FNV-1a
        for (const char* name = typeid(T).name(); *name != 0; ++name)
            hash = (hash ^ static_cast<unsigned char>(*name)) * 0x100'0000'01b3;
        return hash;
#else
        return 0;
#endif
    }
}

// Returns the caller's pid namespace, or 0 where /proc does not tell: not compared. A robust mutex
// knows its holder by thread id, which is another thread's in another namespace.
inline std::uint64_t pid_namespace() {
    struct stat facts = {};
    return stat("/proc/self/ns/pid", &facts) == 0 ? facts.st_ino : 0;
}

// Of fixed widths, in this order, whatever the program is compiled for. `layout` is the major
// version: a change of what lies in memory changes it.
struct Tag {
    std::uint64_t message_size, message_alignment, message_type, pid_namespace;
    std::uint32_t layout, pointer_size, mutex_size, slots;

    template <typename T>
    static Tag of(std::uint32_t layout_of_slots) {
        return {sizeof(T),
                alignof(T),
                type_tag<T>(),
                ring::pid_namespace(),
                SHM_RING_VERSION_MAJOR,
                sizeof(void*),
                sizeof(pthread_mutex_t),
                layout_of_slots};
    }
};

// Throws unless a ring with the tag `theirs` can be used by a program that expects `ours`.
[[gnu::noinline]] inline void compare(const Tag& theirs, const Tag& ours) {
    const auto differ = [](std::uint64_t a, std::uint64_t b) { return a != 0 && b != 0 && a != b; };
    if (theirs.layout != ours.layout) {
        fail("is of layout ", std::to_string(theirs.layout) + ", and this program knows layout " +
                                  std::to_string(ours.layout) + ": compile both with one version");
    }
    if (theirs.pointer_size != ours.pointer_size || theirs.mutex_size != ours.mutex_size) {
        fail("was made by a program of ", std::to_string(theirs.pointer_size * 8) +
                                              " bits, or with another C library: its locks differ");
    }
    if (theirs.message_size != ours.message_size ||
        theirs.message_alignment != ours.message_alignment || theirs.slots != ours.slots) {
        const auto said = [](const Tag& tag) {
            return std::to_string(tag.message_size) + " bytes, aligned to " +
                   std::to_string(tag.message_alignment) +
                   (tag.slots == 0 ? ", side by side" : ", each with a number");
        };
        fail("is another: its messages have ",
             said(theirs) + "; this program's have " + said(ours));
    }
    if (differ(theirs.message_type, ours.message_type))
        fail("is another: its messages are of another type, though as large");
    if (differ(theirs.pid_namespace, ours.pid_namespace))
        fail("was made in another pid namespace: its locks would not tell who lives");
}

}  // namespace ring
/// @endcond

}  // namespace shm
