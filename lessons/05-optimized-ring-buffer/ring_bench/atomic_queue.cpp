/// @file
/// Lesson 05, ring_bench: atomic_queue::AtomicQueue2, told that there is one producer and one
/// consumer. It holds no pointer, and so can lie in shared memory.

#include "run.hpp"

#ifdef RING_BENCH_HAS_PEER  // CMakeLists.txt looks for it
#include <atomic_queue/atomic_queue.h>

#include <new>

namespace ring_bench {

namespace {

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

}  // namespace

Contestant atomic_queue_spsc() {
    return of_fixed_capacity<Atomic>("atomic_queue", "libatomic-queue-dev");
}

}  // namespace ring_bench

#else

namespace ring_bench {
Contestant atomic_queue_spsc() {
    return {.name = "atomic_queue", .package = "libatomic-queue-dev"};
}
}  // namespace ring_bench

#endif
