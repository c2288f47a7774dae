/// @file
/// Lesson 05, ring_bench: boost::lockfree::spsc_queue. With its capacity fixed by the compiler it
/// holds no pointer, and so can lie in shared memory.

#include "run.hpp"

#ifdef RING_BENCH_HAS_PEER  // CMakeLists.txt looks for it
#include <boost/lockfree/spsc_queue.hpp>

#include <new>

namespace ring_bench {

namespace {

template <std::size_t size, std::size_t capacity>
struct Boost {
    using Message = ring_bench::Message<size>;
    using Queue = boost::lockfree::spsc_queue<Message, boost::lockfree::capacity<capacity>>;

    static std::size_t bytes(std::size_t) { return sizeof(Queue); }
    static void create(void* memory, std::size_t, std::size_t) { new (memory) Queue; }
    static Queue* open(void* memory, std::size_t) { return static_cast<Queue*>(memory); }

    struct Producer {
        explicit Producer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_push(const Message& message) {
            return queue->push(message);
        }
        Queue* queue;
    };
    struct Consumer {
        explicit Consumer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_pop(Message& message) { return queue->pop(message); }
        Queue* queue;
    };
};

}  // namespace

Contestant boost_lockfree() {
    return of_fixed_capacity<Boost>("boost", "libboost-dev");
}

}  // namespace ring_bench

#else

namespace ring_bench {
Contestant boost_lockfree() {
    return {.name = "boost", .package = "libboost-dev"};
}
}  // namespace ring_bench

#endif
