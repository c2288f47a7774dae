/// @file
/// Lesson 05, ladder: what waits in the store queue, and what waits for it.

#include "why.hpp"

#include "../ring_bench/ours.hpp"

#include <atomic>
#include <cstring>
#include <new>

namespace ladder {

namespace {

using measure::Arena;
using measure::Between;
using ring_bench::Task;

constexpr std::size_t places = 1024;

/// What one process stores, and another one may read.
struct Rows {
    alignas(512) std::atomic<std::uint32_t> words[3][places];
    alignas(512) std::atomic<bool> done;
};

//! [store rows]
/// Stores `stores` words for each message.
template <std::size_t stores>
void store(Rows& rows, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
        for (std::size_t k = 0; k < stores; ++k) {
            // release: in order, as a ring has to
            rows.words[k][i % places].store(static_cast<std::uint32_t>(i),
                                            std::memory_order_release);
        }
    }
}

/// Reads the first row over and over, as a consumer that waits for messages does.
std::uint64_t read(const Rows& rows) {
    std::uint64_t sum = 0;
    while (!rows.done.load(std::memory_order_relaxed)) {  // relaxed: nothing comes with it
        for (const auto& word : rows.words[0]) sum += word.load(std::memory_order_acquire);
    }
    return sum;
}
//! [store rows]

template <std::size_t stores, bool reader>
double store_and_read(const Task& task) {
    const Arena arena(sizeof(Rows));
    auto* rows = new (arena.ring(0)) Rows{};
    return rate_beside(
        task, arena, rows->done,
        [&](std::uint64_t from, std::uint64_t to) { store<stores>(*rows, from, to); },
        [&] {
            if (reader) arena.report().sum = read(*rows);
        });
}

using Big = ring_bench::Ours<64>;

//! [written whole]
/// Writes a message in memory, all of it or its first word, and has it copied into the ring.
template <bool whole>
void write_and_push(const Arena& arena, const Task& task) {
    using Piece = std::uint64_t __attribute__((vector_size(16)));
    shm::Producer producer(Big::open(arena.ring(0), Big::bytes(task.capacity)));
    arena.start();
    measure::Waiter waiter(task.pauses, task.cpus);
    Big::Message message = Big::Message::number(0);
    for (std::uint64_t i = 0; i < task.messages; ++i) {
        const Piece piece = {i, i};
        if constexpr (whole) {
            for (std::size_t at = 0; at < sizeof message; at += sizeof piece) {
                std::memcpy(reinterpret_cast<std::byte*>(&message) + at, &piece, sizeof piece);
            }
        } else {
            message.words[0] = i;
        }
        asm volatile("" : "+m"(message));  // it is in memory now, for all the compiler knows
        while (!producer.try_push(message)) [[unlikely]] waiter.wait();
    }
}
//! [written whole]

template <bool whole>
double copy_written(const Task& asked) {
    Task task = asked;
    task.bytes = sizeof(Big::Message);
    const Arena arena(Big::bytes(task.capacity));
    Big::create(arena.ring(0), Big::bytes(task.capacity), task.capacity);
    run_pair(
        task.cpus, Between::processes, [&] { write_and_push<whole>(arena, task); },
        [&] { ring_bench::consume<Big, ring_bench::Case::steady>(arena, task); });
    const std::uint64_t numbers = task.messages * (task.messages - 1) / 2;
    const std::uint64_t rest = 28 * task.messages;  // the words of message 0 but the first: 1 to 7
    if (arena.report().sum != (whole ? 8 * numbers : numbers + rest)) {
        throw shm::Failure("written and copied messages: the sum is wrong");
    }
    return static_cast<double>(task.messages - task.warm_up) / arena.report().seconds;
}

}  // namespace

std::vector<Experiment> places_in_the_queue() {
    return {
        {"the store queue: stores wait for lines",
         "One side stores so many words for each message; the other reads the first of them.",
         "M messages/s",
         {{"1 store, none reads", "", store_and_read<1, false>},
          {"2 stores, none reads", "", store_and_read<2, false>},
          {"3 stores, none reads", "", store_and_read<3, false>},
          {"1 store, read", "", store_and_read<1, true>},
          {"2 stores, read", "", store_and_read<2, true>},
          {"3 stores, read", "", store_and_read<3, true>}}},
        {"the store queue: a copy waits for it",
         "A message of 64 bytes in memory is written, then copied into the ring, 16 bytes at a "
         "time.",
         "M messages/s",
         {{"written whole, 16 by 16", "", copy_written<true>},
          {"8 bytes of it written", "", copy_written<false>}}},
    };
}

}  // namespace ladder
