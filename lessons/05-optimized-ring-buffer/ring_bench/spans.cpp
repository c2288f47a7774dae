/// @file
/// Lesson 05, ring_bench: the ring of this course, through spans: messages are written and read
/// where they lie, and nothing is copied.

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
        for (auto& message : room) message.write(i++);
        producer.publish(room.size());
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
    std::uint64_t sum = 0;
    std::uint64_t timed_from = 0;
    Clock::time_point start = Clock::now();
    for (std::uint64_t i = 0; i < task.messages;) {
        const auto there = consumer.peek(task.span);
        if (there.empty()) {
            waiter.wait();
            continue;
        }
        for (const auto& message : there) sum += message.sum();
        consumer.release(there.size());
        i += there.size();
        if (timed_from == 0 && i >= task.warm_up) {
            timed_from = i;
            start = Clock::now();
        }
    }
    arena.report().seconds =
        seconds_since(start) * static_cast<double>(task.messages - task.warm_up) /
        static_cast<double>(std::max<std::uint64_t>(task.messages - timed_from, 1));
    arena.report().sum = sum;
}
//! [take spans]

}  // namespace

double stream_in_spans(const Task& task) {
    return with_size(task.bytes, [&]<std::size_t size>() {
        const std::size_t bytes = OursInSpans<size>::bytes(task.capacity);
        const Arena arena(bytes);
        OursInSpans<size>::create(arena.ring(0), bytes, task.capacity);
        run_pair(
            task.cpus, Between::processes, [&] { produce_spans<size>(arena, task); },
            [&] { consume_spans<size>(arena, task); });
        check_sum<Message<size>>(task, arena.report());
        return static_cast<double>(task.messages - task.warm_up) / arena.report().seconds;
    });
}

}  // namespace ring_bench
