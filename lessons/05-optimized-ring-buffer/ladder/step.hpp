/// @file
/// Lesson 05, ladder: what all steps have in common. Each is a ring of 1024 integers, and differs
/// from the one before by one idea.
#pragma once

#include "../ring_bench/run.hpp"

#include <cstddef>
#include <cstdint>
#include <new>

namespace ladder {

constexpr std::uint64_t capacity = 1024;
constexpr std::size_t line = 64;  ///< what processors exchange

/// A ring as run.hpp wants it: its end that sends and its end that receives are made from it.
template <typename Ring, typename ProducerEnd, typename ConsumerEnd>
struct Placed {
    using Message = ring_bench::Message<4>;

    struct Producer : ProducerEnd {
        using ProducerEnd::ProducerEnd;
        [[gnu::always_inline]] bool try_push(const Message& message) {
            return ProducerEnd::try_push(message.words[0]);
        }
    };
    struct Consumer : ConsumerEnd {
        using ConsumerEnd::ConsumerEnd;
        [[gnu::always_inline]] bool try_pop(Message& message) {
            return ConsumerEnd::try_pop(message.words[0]);
        }
    };

    static std::size_t bytes(std::size_t) { return sizeof(Ring); }
    static void create(void* memory, std::size_t, std::size_t) { new (memory) Ring; }
    static Ring& open(void* memory, std::size_t) { return *static_cast<Ring*>(memory); }
};

/// The end of a ring that has all it knows in shared memory: only says where that is.
template <typename Ring>
class Handle {
public:
    explicit Handle(Ring& ring) : ring_(&ring) {}
    [[gnu::always_inline]] bool try_push(std::uint32_t message) { return ring_->try_push(message); }
    [[gnu::always_inline]] bool try_pop(std::uint32_t& message) { return ring_->try_pop(message); }

private:
    Ring* ring_;
};

/// A step whose ends have nothing of their own.
template <typename Ring>
using Whole = Placed<Ring, Handle<Ring>, Handle<Ring>>;

/// A step whose ends are objects of their own.
template <typename Ring>
using WithEnds = Placed<Ring, typename Ring::Producer, typename Ring::Consumer>;

}  // namespace ladder
