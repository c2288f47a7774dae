/// @file
/// Lesson 05, ring_bench: what this machine can do at most, measured like a ring.

#include "messages.hpp"
#include "ours.hpp"

#include <algorithm>
#include <atomic>
#include <new>

namespace ring_bench {

namespace {

/// What changes hands whole: there are few sequence numbers, so only the bytes count.
using Block = Message<16384>;

/// How many blocks have changed hands. The first block lies behind it, on the next page.
struct Counts {
    alignas(4096) std::atomic<std::uint64_t> filled;  ///< so many, ever
    alignas(128) std::atomic<std::uint64_t> emptied;  ///< likewise
};

Block* first_block(const Arena& arena) {
    return static_cast<Block*>(static_cast<void*>(static_cast<Counts*>(arena.ring(0)) + 1));
}

/// Returns how many blocks there are: they take as much memory as that ring, and are at least four.
std::uint64_t count_blocks(const Task& ring) {
    return std::max<std::uint64_t>(ring.bytes * ring.capacity / sizeof(Block), 4);
}

//! [bulk limit]
void fill_blocks(const Arena& arena, const Task& task) {
    auto* counts = static_cast<Counts*>(arena.ring(0));
    Block* blocks = first_block(arena);
    const std::uint64_t count = count_blocks(task);
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        // acquire: the consumer has read what we overwrite
        while (i - counts->emptied.load(std::memory_order_acquire) == count) waiter.wait();
        write_all(blocks + i % count, 1, i);
        counts->filled.store(i + 1, std::memory_order_release);  // release: the block is whole
    }
}

void empty_blocks(const Arena& arena, const Task& task) {
    auto* counts = static_cast<Counts*>(arena.ring(0));
    const Block* blocks = first_block(arena);
    const std::uint64_t count = count_blocks(task);
    arena.start();
    Waiter waiter(task.pauses, task.cpus);
    std::uint64_t sum = 0;
    Clock::time_point start;
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        if (i == task.warm_up) start = Clock::now();
        // acquire: the block is whole
        while (counts->filled.load(std::memory_order_acquire) == i) waiter.wait();
        sum += sum_all(blocks + i % count, 1);
        counts->emptied.store(i + 1, std::memory_order_release);  // release: we have read it
    }
    arena.report().seconds = seconds_since(start);
    arena.report().sum = sum;
}
//! [bulk limit]

double bulk(const Task& asked) {
    Task task = asked;  // in blocks instead of messages
    task.warm_up = asked.warm_up * asked.bytes / sizeof(Block) + 6;
    task.messages = asked.messages * asked.bytes / sizeof(Block) + 64;
    const Arena arena(sizeof(Counts) + count_blocks(task) * sizeof(Block));
    new (arena.ring(0)) Counts{};
    run_pair(
        task.cpus, Between::processes, [&] { fill_blocks(arena, task); },
        [&] { empty_blocks(arena, task); });
    check_sum<Block>(task, arena.report());
    const std::uint64_t timed = task.messages - task.warm_up;
    return static_cast<double>(timed * sizeof(Block)) / arena.report().seconds;
}

/// A line for each way.
struct Lines {
    alignas(128) std::atomic<std::uint64_t> there;
    alignas(128) std::atomic<std::uint64_t> back;
};

//! [line limit]
double lines(const Task& asked) {
    Task task = asked;
    task.pauses = 0;  // the limit is what looking all the time reaches
    const Arena arena(sizeof(Lines));
    auto* flags = new (arena.ring(0)) Lines{};
    // acquire and release throughout: as a message beside the number would need it
    const auto ask = [&] {
        arena.start();
        Clock::time_point start;
        for (std::uint64_t i = 1; i <= task.messages; ++i) {
            if (i == task.warm_up + 1) start = Clock::now();
            flags->there.store(i, std::memory_order_release);
            Waiter waiter(task.pauses, task.cpus);
            while (flags->back.load(std::memory_order_acquire) != i) waiter.wait();
        }
        arena.report().seconds = seconds_since(start);
    };
    const auto answer = [&] {
        arena.start();
        for (std::uint64_t i = 1; i <= task.messages; ++i) {
            Waiter waiter(task.pauses, task.cpus);
            while (flags->there.load(std::memory_order_acquire) != i) waiter.wait();
            flags->back.store(i, std::memory_order_release);
        }
    };
    run_pair(task.cpus, Between::processes, ask, answer);
    return arena.report().seconds * 1e9 / static_cast<double>(task.messages - task.warm_up);
}
//! [line limit]

/// Fills the ring and empties it again, all in one process: what the instructions alone take.
double alone(const Task& task) {
    using R = Ours<4>;
    const Arena arena(R::bytes(task.capacity));
    R::create(arena.ring(0), R::bytes(task.capacity), task.capacity);
    const auto both = [&] {
        const auto ring = R::open(arena.ring(0), R::bytes(task.capacity));
        shm::Producer producer(ring);
        shm::Consumer consumer(ring);
        arena.start();
        std::uint64_t sum = 0;
        const auto start = Clock::now();
        for (std::uint64_t sent = 0, taken = 0; taken < task.messages;) {
            while (sent < task.messages && producer.try_push(R::Message::number(sent))) ++sent;
            for (R::Message message; consumer.try_pop(message); ++taken) sum += message.sum();
        }
        arena.report().seconds = seconds_since(start);
        arena.report().sum = sum;
    };
    run_pair(task.cpus, Between::processes, both, [&] { arena.start(); });
    check_sum<R::Message>(task, arena.report());
    return static_cast<double>(task.messages) / arena.report().seconds;
}

}  // namespace

Contestant bulk_limit() {
    return {.name = "bulk", .package = "", .stream = bulk};
}

Contestant line_limit() {
    return {.name = "line", .package = "", .round_trip = lines};
}

Contestant alone_limit() {
    return {.name = "alone", .package = "", .stream = alone};
}

}  // namespace ring_bench
