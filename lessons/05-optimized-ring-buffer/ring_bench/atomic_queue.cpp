/// @file
/// Lesson 05, ring_bench: atomic_queue::AtomicQueue2, told that there is one producer and one
/// consumer. It holds no pointer, and so can lie in shared memory.

#include "run.hpp"

#ifdef RING_BENCH_HAS_PEER  // CMakeLists.txt looks for it
#include <atomic_queue/atomic_queue.h>

#include <new>

namespace ring_bench {

namespace {

constexpr const char* package = "libatomic-queue-dev";

template <std::size_t size, std::size_t capacity>
struct Atomic {
    using Message = ring_bench::Message<size>;
    static constexpr bool minimize_contention = false;  // it spreads neighbours over the lines:
                                                        // for many producers, worse for one
    using Queue = atomic_queue::AtomicQueue2<Message, capacity, minimize_contention, true, false,
                                             /* one producer and one consumer */ true>;

    static std::size_t bytes(std::size_t) { return sizeof(Queue); }
    static void create(void* memory, std::size_t, std::size_t) { new (memory) Queue; }
    static Queue* open(void* memory, std::size_t) { return static_cast<Queue*>(memory); }

    struct Producer {
        explicit Producer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_push(const Message& message) {
            return queue->try_push(message);
        }
        Queue* queue;
    };
    struct Consumer {
        explicit Consumer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_pop(Message& message) { return queue->try_pop(message); }
        Queue* queue;
    };
};

/// The same by push() and pop(), which its author measures: they wait in a loop of their own, and
/// are faster. On one core they would only keep the peer from running.
template <std::size_t size, std::size_t capacity>
struct AtomicThatWaits : Atomic<size, capacity> {
    using typename Atomic<size, capacity>::Message;
    using typename Atomic<size, capacity>::Queue;

    struct Producer {
        explicit Producer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_push(const Message& message) {
            queue->push(message);
            return true;
        }
        Queue* queue;
    };
    struct Consumer {
        explicit Consumer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_pop(Message& message) {
            message = queue->pop();
            return true;
        }
        Queue* queue;
    };
};

Contestant of_calls_for(const Task& task) {
    const bool one_core = task.cpus.producer == task.cpus.consumer;
    return one_core ? of_fixed_capacity<Atomic>("atomic_queue", package)
                    : of_fixed_capacity<AtomicThatWaits>("atomic_queue", package);
}

}  // namespace

Contestant atomic_queue_spsc() {
    Contestant queue = of_fixed_capacity<Atomic>("atomic_queue", package);
    queue.stream = [](const Task& task) { return of_calls_for(task).stream(task); };
    queue.round_trip = [](const Task& task) { return of_calls_for(task).round_trip(task); };
    return queue;
}

}  // namespace ring_bench

#else

namespace ring_bench {
Contestant atomic_queue_spsc() {
    return {.name = "atomic_queue", .package = "libatomic-queue-dev"};
}
}  // namespace ring_bench

#endif
