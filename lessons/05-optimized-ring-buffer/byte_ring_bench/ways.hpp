/// @file
/// Lesson 05, byte_ring_bench: what is measured in turn. Each way has a send() and a receive(); the
/// second calls `use(number, message)`.
#pragma once

#include "common/kernel/checked.hpp"
#include "common/measure/arena.hpp"
#include "common/measure/pair.hpp"
#include "common/program/check.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/error.hpp"
#include "common/ring/ring.hpp"

#include <fcntl.h>     // F_SETPIPE_SZ
#include <sys/mman.h>  // MFD_CLOEXEC
#include <unistd.h>    // pipe2, read, write

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace byte_ring_bench {

using namespace std::chrono_literals;
constexpr std::size_t capacity = 1 << 20;  // of the ring, and of the pipe

/// How many messages of which length go from where to where.
struct Task {
    std::size_t bytes;
    std::uint64_t messages;
    measure::Cpus cpus;
};

/// Writes message number `number`: each of its words is that.
inline void write_words(std::span<std::byte> room, std::uint64_t number) {
    for (std::size_t at = 0; at < room.size(); at += 8)
        std::memcpy(room.data() + at, &number, sizeof(number));
}

/// Returns the sum of its words.
inline std::uint64_t sum_of(std::span<const std::byte> message) {
    std::uint64_t sum = 0, word = 0;
    for (std::size_t at = 0; at < message.size(); at += 8) {
        std::memcpy(&word, message.data() + at, sizeof(word));
        sum += word;
    }
    return sum;
}

inline void require_ready(shm::WaitResult result) {
    if (result != shm::WaitResult::ready) throw shm::Failure("the other side has ended");
}

/// Each message is written and read where it lies in the ring.
struct InPlace {
    const shm::Descriptor object{checked::memfd_create("byte_ring_bench", MFD_CLOEXEC)};
    const int made = checked::ftruncate(object.get(), shm::ByteRing::bytes(capacity));
    const shm::DoubleMapping memory{object.get(), shm::ByteRing::header_bytes()};
    const shm::ByteRing ring = shm::ByteRing::create(memory);

    void send(const Task& task, const measure::Arena& arena) const {
        shm::ByteProducer producer(ring);
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            require_ready(producer.wait(task.bytes, 60s));
            write_words(*producer.reserve(task.bytes), i);
            producer.commit(task.bytes);
        }
    }
    template <typename Use>
    void receive(const Task& task, const measure::Arena& arena, Use use) const {
        shm::ByteConsumer consumer(ring);
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            require_ready(consumer.wait(60s));
            use(i, *consumer.peek());
            consumer.release();
        }
    }
};

/// The same ring, but each side has the message in memory of its own.
struct Copied : InPlace {
    void send(const Task& task, const measure::Arena& arena) const {
        shm::ByteProducer producer(ring);
        std::vector<std::byte> message(task.bytes);
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            write_words(message, i);
            require_ready(producer.push(message, 60s));
        }
    }
    template <typename Use>
    void receive(const Task& task, const measure::Arena& arena, Use use) const {
        shm::ByteConsumer consumer(ring);
        std::vector<std::byte> message;
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            require_ready(consumer.pop(message, 60s));
            use(i, message);
        }
    }
};

/// Each message is copied into the kernel, and out of it again.
struct Pipe {
    Pipe() {
        int ends[2] = {-1, -1};
        shm::check(pipe2(ends, O_CLOEXEC), "pipe2", "the pipe");
        out = shm::Descriptor(ends[0]);
        in = shm::Descriptor(ends[1]);
        fcntl(in.get(), F_SETPIPE_SZ, static_cast<int>(capacity));  // refused: it stays smaller
    }
    shm::Descriptor out, in;

    void send(const Task& task, const measure::Arena& arena) const {
        std::vector<std::byte> message(task.bytes);
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            write_words(message, i);
            move_all(message, [&](std::byte* from, std::size_t size) {
                return shm::check(write(in.get(), from, size), "write", "the pipe");
            });
        }
    }
    template <typename Use>
    void receive(const Task& task, const measure::Arena& arena, Use use) const {
        std::vector<std::byte> message(task.bytes);
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            move_all(message, [&](std::byte* to, std::size_t size) {
                return shm::check(read(out.get(), to, size), "read", "the pipe");
            });
            use(i, message);
        }
    }

private:
    /// Calls `move` until all bytes of the message have been moved: it may be part by part.
    template <typename Move>
    static void move_all(std::span<std::byte> message, Move move) {
        while (!message.empty()) {
            const auto moved = static_cast<std::size_t>(move(message.data(), message.size()));
            if (moved == 0) throw shm::Failure("the other side has ended");
            message = message.subspan(moved);
        }
    }
};

}  // namespace byte_ring_bench
