/// @file
/// Lesson 05, ring_bench: shm::Ring as run.hpp wants a ring.
#pragma once

#include "run.hpp"

#include "common/ring/ring.hpp"

#include <utility>

namespace ring_bench {

/// A ring of this course, for messages of so many bytes.
template <std::size_t size, template <typename> typename Ring>
struct OursOf {
    using Message = ring_bench::Message<size>;
    using Producer = decltype(shm::Producer(std::declval<Ring<Message>>()));
    using Consumer = decltype(shm::Consumer(std::declval<Ring<Message>>()));

    static std::size_t bytes(std::size_t capacity) { return Ring<Message>::bytes(capacity); }
    static void create(void* memory, std::size_t bytes, std::size_t capacity) {
        Ring<Message>::create(memory, bytes, capacity);
    }
    static auto open(void* memory, std::size_t bytes) { return Ring<Message>::open(memory, bytes); }
};

template <typename Message>
using RingForCalls = shm::Ring<Message>;
template <typename Message>
using RingForSpans = shm::SpanRing<Message>;

template <std::size_t size>
using Ours = OursOf<size, RingForCalls>;  ///< for one message a call
template <std::size_t size>
using OursInSpans = OursOf<size, RingForSpans>;  ///< for spans

/// Returns how many messages a second went through, written and read in place, task.span at a time.
double stream_in_spans(const Task& task);

}  // namespace ring_bench
