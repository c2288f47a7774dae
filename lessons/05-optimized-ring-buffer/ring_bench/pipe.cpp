/// @file
/// Lesson 05, ring_bench: what the ring's waiting is measured by where both sides share a core.

#include "run.hpp"
#include "waiting.hpp"

#include "common/program/check.hpp"

#include <fcntl.h>   // O_CLOEXEC
#include <unistd.h>  // pipe2, read, write, close

using shm::check;

namespace ring_bench {

namespace {

/// Both ends of a pipe, closed when this is gone.
struct Pipe {
    Pipe() { check(pipe2(ends, O_CLOEXEC), "pipe2", "the pipe"); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        for (const int end : ends) close(end);
    }
    void send(std::uint64_t word) const {
        check(write(ends[1], &word, sizeof(word)), "write", "the pipe");
    }
    std::uint64_t take() const {
        std::uint64_t word = 0;
        check(read(ends[0], &word, sizeof(word)), "read", "the pipe");
        return word;
    }
    int ends[2] = {-1, -1};
};

}  // namespace

double pipe_round_trip(const Task& task) {
    const Arena arena(0);
    const Pipe there;
    const Pipe back;
    const auto ask = [&] {
        arena.start();
        Clock::time_point start;
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            if (i == task.warm_up) start = Clock::now();
            there.send(i);
            arena.report().sum += back.take();
        }
        arena.report().seconds = seconds_since(start);
    };
    const auto answer = [&] {
        arena.start();
        for (std::uint64_t i = 0; i < task.messages; ++i) back.send(there.take());
    };
    run_pair(task.cpus, Between::processes, ask, answer);
    check_sum<Message<sizeof(std::uint64_t)>>(task, arena.report());
    return arena.report().seconds * 1e9 / static_cast<double>(task.messages - task.warm_up);
}

}  // namespace ring_bench
