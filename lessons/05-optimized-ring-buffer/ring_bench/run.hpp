/// @file
/// Lesson 05, ring_bench: one run of a ring, whichever it is. A ring R says
///
///     R::Message                               what it carries
///     R::bytes(capacity)                       how much memory it takes
///     R::create(memory, bytes, capacity)       makes it there
///     R::open(memory, bytes)                   returns what its ends are made from
///     R::destroy(memory)                       frees what it holds elsewhere, if it does
///     R::Producer, with try_push(message)
///     R::Consumer, with try_pop(message)
///
/// The ends are local variables of the loops, and their calls inlined into these: as in a program
/// that wants to be fast.
#pragma once

#include "message.hpp"
#include "task.hpp"

#include "common/measure/arena.hpp"
#include "common/measure/clock.hpp"
#include "common/measure/pair.hpp"
#include "common/measure/pause.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace ring_bench {

using measure::Arena;
using measure::Clock;
using measure::pause_once;
using measure::Report;
using measure::run_pair;
using measure::seconds_since;
using measure::Waiter;
using measure::work;

/// Throws Failure unless the words that arrived add up to what was sent.
template <typename Message>
void check_sum(const Task& task, const Report& report) {
    if (report.sum == Message::sum_of_all(task.messages)) return;
    throw shm::Failure(fmt::format("{} messages of {} bytes through a ring of {}: the sum is wrong",
                                   task.messages, task.bytes, task.capacity));
}

/// A ring in an arena, until the block ends.
template <typename R>
class RingInArena {
public:
    RingInArena(const Arena& arena, std::size_t number, std::size_t capacity)
        : memory_(arena.ring(number)) {
        R::create(memory_, R::bytes(capacity), capacity);
    }
    RingInArena(const RingInArena&) = delete;
    RingInArena& operator=(const RingInArena&) = delete;
    ~RingInArena() {
        if constexpr (requires { R::destroy(memory_); }) R::destroy(memory_);
    }

private:
    void* memory_;
};

/// Sends all messages, one a call.
template <typename R, Case what>
[[gnu::noinline]] void produce(const Arena& arena, const Task task) {
    typename R::Producer producer(R::open(arena.ring(0), R::bytes(task.capacity)));
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    std::uint64_t left = task.burst;
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        const auto message = R::Message::number(i);
        while (!producer.try_push(message)) [[unlikely]] waiter.wait();
        if constexpr (what == Case::bursts) {
            if (--left != 0) continue;
            work(task.work, i);
            left = task.burst;
        }
    }
}

/// Takes all messages, one a call.
template <typename R, Case what>
[[gnu::noinline]] void consume(const Arena& arena, const Task task) {
    typename R::Consumer consumer(R::open(arena.ring(0), R::bytes(task.capacity)));
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    std::uint64_t sum = 0;
    typename R::Message message;
    Clock::time_point start;
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        if (i == task.warm_up) start = Clock::now();
        while (!consumer.try_pop(message)) [[unlikely]] waiter.wait();
        sum += message.sum();
        if constexpr (what == Case::slow_consumer) work(task.work, sum);
    }
    arena.report().seconds = seconds_since(start);
    arena.report().sum = sum;
}

/// Times a stream whose messages are taken many at a time, from the end of the warm-up on.
class BatchClock {
public:
    explicit BatchClock(const Task& task) : messages_(task.messages), warm_up_(task.warm_up) {}

    /// So many messages have been taken by now.
    [[gnu::always_inline]] void taken(std::uint64_t count) {
        if (timed_from_ != 0 || count < warm_up_) return;
        timed_from_ = count;
        start_ = Clock::now();
    }
    /// Returns what all messages but the warm-up would have taken, by those that were timed.
    double seconds() const {
        return seconds_since(start_) * static_cast<double>(messages_ - warm_up_) /
               static_cast<double>(std::max<std::uint64_t>(messages_ - timed_from_, 1));
    }

private:
    std::uint64_t messages_, warm_up_, timed_from_ = 0;
    Clock::time_point start_ = Clock::now();
};

/// Runs one side's loop, as the task wants it.
template <typename R>
void produce_any(const Arena& arena, const Task& task) {
    if (task.what == Case::bursts) return produce<R, Case::bursts>(arena, task);
    produce<R, Case::steady>(arena, task);
}
/// @copydoc produce_any
template <typename R>
void consume_any(const Arena& arena, const Task& task) {
    if (task.what == Case::slow_consumer) return consume<R, Case::slow_consumer>(arena, task);
    consume<R, Case::steady>(arena, task);
}

/// Returns how many messages a second went through a ring, by these two sides' loops.
template <typename R, Between between, typename Side>
double stream_by(const Task& task, const Side& produce, const Side& consume) {
    const Arena arena(R::bytes(task.capacity));
    const RingInArena<R> ring(arena, 0, task.capacity);
    run_pair(
        task.cpus, between, [&] { produce(arena, task); }, [&] { consume(arena, task); });
    check_sum<typename R::Message>(task, arena.report());
    return static_cast<double>(task.messages - task.warm_up) / arena.report().seconds;
}

/// Returns how many messages a second went through a ring, one a call.
template <typename R, Between between>
double stream(const Task& task) {
    return stream_by<R, between>(task, &produce_any<R>, &consume_any<R>);
}

/// Sends each message, and waits for the answer before the next.
template <typename R>
[[gnu::noinline]] void ask(const Arena& arena, const Task task) {
    const std::size_t bytes = R::bytes(task.capacity);
    typename R::Producer producer(R::open(arena.ring(0), bytes));
    typename R::Consumer consumer(R::open(arena.ring(1), bytes));
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    std::uint64_t sum = 0;
    typename R::Message answer;
    Clock::time_point start;
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        if (i == task.warm_up) start = Clock::now();
        const auto message = R::Message::number(i);
        while (!producer.try_push(message)) [[unlikely]] waiter.wait();
        while (!consumer.try_pop(answer)) [[unlikely]] waiter.wait();
        sum += answer.sum();
    }
    arena.report().seconds = seconds_since(start);
    arena.report().sum = sum;
}

/// Sends each message back.
template <typename R>
[[gnu::noinline]] void answer(const Arena& arena, const Task task) {
    const std::size_t bytes = R::bytes(task.capacity);
    typename R::Consumer consumer(R::open(arena.ring(0), bytes));
    typename R::Producer producer(R::open(arena.ring(1), bytes));
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    typename R::Message message;
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        while (!consumer.try_pop(message)) [[unlikely]] waiter.wait();
        while (!producer.try_push(message)) [[unlikely]] waiter.wait();
    }
}

/// Returns the nanoseconds from sending a message through one ring to having its answer from
/// another.
template <typename R, Between between>
double round_trip(const Task& task) {
    const Arena arena(R::bytes(task.capacity), 2);
    const RingInArena<R> there(arena, 0, task.capacity);
    const RingInArena<R> back(arena, 1, task.capacity);
    run_pair(
        task.cpus, between, [&] { ask<R>(arena, task); }, [&] { answer<R>(arena, task); });
    check_sum<typename R::Message>(task, arena.report());
    return arena.report().seconds * 1e9 / static_cast<double>(task.messages - task.warm_up);
}

/// Calls `function` with the messages' size as a template argument: it has to be known where the
/// ring is compiled.
template <typename Function>
auto with_size(std::size_t bytes, const Function& function) {
    switch (bytes) {
        case 4:
            return function.template operator()<4>();
        case 8:
            return function.template operator()<8>();
        case 16:
            return function.template operator()<16>();
        case 24:
            return function.template operator()<24>();
        case 40:
            return function.template operator()<40>();
        case 64:
            return function.template operator()<64>();
        case 256:
            return function.template operator()<256>();
        case 1024:
            return function.template operator()<1024>();
        default:
            throw shm::Failure(fmt::format("no ring for messages of {} bytes", bytes));
    }
}

/// Calls `function` with size and capacity as template arguments, for rings that want both.
template <typename Function>
auto with_size_and_capacity(const Task& task, const Function& function) {
    return with_size(task.bytes, [&]<std::size_t size>() {
        if (task.capacity == 1024) return function.template operator()<size, 1024>();
        if (task.capacity == 16384) return function.template operator()<size, 16384>();
        throw shm::Failure(fmt::format("no ring for {} messages", task.capacity));
    });
}

/// Returns a contestant whose capacity the compiler has to know, and that lies in shared memory.
template <template <std::size_t size, std::size_t capacity> typename R>
Contestant of_fixed_capacity(const char* name, const char* package) {
    return {
        .name = name,
        .between = Between::processes,
        .package = package,
        .stream =
            [](const Task& task) {
                return with_size_and_capacity(task, [&]<std::size_t size, std::size_t capacity>() {
                    return stream<R<size, capacity>, Between::processes>(task);
                });
            },
        .round_trip =
            [](const Task& task) {
                return with_size(task.bytes, [&]<std::size_t size>() {
                    return round_trip<R<size, 1024>, Between::processes>(task);
                });
            },
        .memory =
            [](const Task& task) {
                return with_size_and_capacity(task, []<std::size_t size, std::size_t capacity>() {
                    return R<size, capacity>::bytes(capacity);
                });
            }};
}

}  // namespace ring_bench
