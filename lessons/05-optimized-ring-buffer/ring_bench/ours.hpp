/// @file
/// Lesson 05, ring_bench: shm::Ring as run.hpp wants a ring.
#pragma once

#include "run.hpp"

#include "common/ring.hpp"

namespace ring_bench {

/// The ring of this course, for messages of so many bytes.
template <std::size_t size>
struct Ours {
    using Message = ring_bench::Message<size>;
    using Producer = shm::Producer<Message>;
    using Consumer = shm::Consumer<Message>;

    static std::size_t bytes(std::size_t capacity) { return shm::Ring<Message>::bytes(capacity); }
    static void create(void* memory, std::size_t bytes, std::size_t capacity) {
        shm::Ring<Message>::create(memory, bytes, capacity);
    }
    static shm::Ring<Message> open(void* memory, std::size_t bytes) {
        return shm::Ring<Message>::open(memory, bytes);
    }
};

/// Returns how many messages a second went through, written and read in place, task.span at a time.
double stream_in_spans(const Task& task);

}  // namespace ring_bench
