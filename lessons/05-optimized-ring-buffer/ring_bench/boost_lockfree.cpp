/// @file
/// Lesson 05, ring_bench: boost::lockfree::spsc_queue. With its capacity fixed by the compiler it
/// holds no pointer, and so can lie in shared memory.

#include "messages.hpp"
#include "run.hpp"

#ifdef RING_BENCH_HAS_PEER  // CMakeLists.txt looks for it
#include <boost/lockfree/spsc_queue.hpp>

#include <algorithm>
#include <new>

namespace ring_bench {

namespace {

constexpr std::size_t most_at_once = 256;  // Task::span is never more

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

/// Sends all messages by its call for many, task.span at a time.
template <typename R>
[[gnu::noinline]] void produce_batches(const Arena& arena, const Task task) {
    auto* queue = R::open(arena.ring(0), R::bytes(task.capacity));
    typename R::Message batch[most_at_once];
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    for (std::uint64_t i = 0; i < task.messages;) {
        const auto count = std::min<std::uint64_t>(task.span, task.messages - i);
        write_all(batch, count, i);
        i += count;
        const typename R::Message *next = batch, *end = batch + count;
        while ((next = queue->push(next, end)) != end) waiter.wait();
    }
}

/// Takes all messages by its call for many, task.span at most at a time.
template <typename R>
[[gnu::noinline]] void consume_batches(const Arena& arena, const Task task) {
    auto* queue = R::open(arena.ring(0), R::bytes(task.capacity));
    typename R::Message batch[most_at_once];
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    BatchClock clock(task);
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < task.messages;) {
        const std::size_t count = queue->pop(batch, task.span);
        if (count == 0) {
            waiter.wait();
            continue;
        }
        sum += sum_all(batch, count);
        i += count;
        clock.taken(i);
    }
    arena.report().seconds = clock.seconds();
    arena.report().sum = sum;
}

double stream_any(const Task& task) {
    return with_size_and_capacity(task, [&]<std::size_t size, std::size_t capacity>() {
        using R = Boost<size, capacity>;
        if (task.span == 0) return stream<R, Between::processes>(task);
        return stream_by<R, Between::processes>(task, produce_batches<R>, consume_batches<R>);
    });
}

}  // namespace

Contestant boost_lockfree() {
    Contestant boost = of_fixed_capacity<Boost>("boost", "libboost-dev");
    boost.stream = stream_any;
    boost.has_spans = true;
    return boost;
}

}  // namespace ring_bench

#else

namespace ring_bench {
Contestant boost_lockfree() {
    return {.name = "boost", .package = "libboost-dev"};
}
}  // namespace ring_bench

#endif
