/// @file
/// Lesson 05, ring_bench: the ring of this course, through spans: messages are written and read
/// where they lie, and nothing is copied.

#include "messages.hpp"
#include "ours.hpp"

#include <algorithm>

namespace ring_bench {

namespace {

//! [send spans]
template <std::size_t size>
[[gnu::noinline]] void produce_spans(const Arena& arena, const Task task) {
    using R = OursInSpans<size>;
    shm::Producer producer(R::open(arena.ring(0), R::bytes(task.capacity)));
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    for (std::uint64_t i = 0; i < task.messages;) {
        const auto room = producer.reserve(std::min<std::uint64_t>(task.span, task.messages - i));
        if (room.empty()) {
            waiter.wait();
            continue;
        }
        write_all(room.data(), room.size(), i);
        producer.publish(room.size());
        i += room.size();
    }
}
//! [send spans]

//! [take spans]
template <std::size_t size>
[[gnu::noinline]] void consume_spans(const Arena& arena, const Task task) {
    using R = OursInSpans<size>;
    shm::Consumer consumer(R::open(arena.ring(0), R::bytes(task.capacity)));
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    BatchClock clock(task);
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < task.messages;) {
        const auto there = consumer.peek(task.span);
        if (there.empty()) {
            waiter.wait();
            continue;
        }
        sum += sum_all(there.data(), there.size());
        consumer.release(there.size());
        i += there.size();
        clock.taken(i);
    }
    arena.report().seconds = clock.seconds();
    arena.report().sum = sum;
}
//! [take spans]

}  // namespace

double stream_in_spans(const Task& task) {
    return with_size(task.bytes, [&]<std::size_t size>() {
        return stream_by<OursInSpans<size>, Between::processes>(task, &produce_spans<size>,
                                                                &consume_spans<size>);
    });
}

}  // namespace ring_bench
