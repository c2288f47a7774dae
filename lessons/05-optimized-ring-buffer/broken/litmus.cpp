#include "litmus.hpp"

#include "common/measure/arena.hpp"
#include "common/measure/machine.hpp"
#include "common/measure/pair.hpp"
#include "common/measure/pause.hpp"
#include "common/program/check.hpp"

#include <linux/membarrier.h>  // MEMBARRIER_CMD_GLOBAL_EXPEDITED
#include <sched.h>             // sched_yield
#include <sys/syscall.h>       // SYS_membarrier
#include <unistd.h>            // syscall

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <thread>

namespace {

using Number = std::atomic<std::uint64_t>;
constexpr std::uint64_t most_tries = 4'000'000;

constexpr std::size_t message_lines = 8;

struct alignas(64) Line {
    Number number;
};

/// Each number on lines of its own: those of the other side are slow to write, as in a ring.
struct Board {
    alignas(128) Number published;    ///< the try in which the producer last published
    alignas(128) Number asleep;       ///< the try in which the consumer last said that it sleeps
    alignas(128) Number arrived[2];   ///< the try that each side has come to
    Number end;                       ///< the consumer says after which try it is enough
    bool one_core;                    ///< both sides run on one
    Line messages[2][message_lines];  ///< what each side writes before that, for the other
    std::uint8_t saw[2][most_tries];  ///< whether each side saw the other's store
};

/// Writes as much as a message has: the store after it waits until all these lines have come.
void write_message(Board& board, int side, std::uint64_t i) {
    // relaxed: it does not matter which try's message it reads
    for (Line& line : board.messages[side]) line.number.store(i, std::memory_order_relaxed);
}

void read_message(const Board& board, int side) {
    for (const Line& line : board.messages[1 - side]) {
        static_cast<void>(line.number.load(std::memory_order_relaxed));  // relaxed: as above
    }
}

long membarrier(int command) {
    return syscall(SYS_membarrier, command, 0, 0);
}

/// Lets others run. On a core of its own by a short sleep: the kernel lets those run first that
/// have slept, so on a busy machine both sides run at the same time, and not in turn as after a
/// yield.
void make_room(const Board& board) {
    if (board.one_core)
        sched_yield();
    else
        std::this_thread::sleep_for(std::chrono::microseconds(20));
}

/// Starts try `i` when the other side does, or returns false after the last one.
bool begin(Board& board, int side, std::uint64_t i) {
    // release and acquire: the other's number of the try before is final, and so is `end`
    board.arrived[side].store(i, std::memory_order_release);
    Number& other = board.arrived[1 - side];
    for (int looks = 0; other.load(std::memory_order_acquire) < i; ++looks) {
        if (looks % 1024 == 1023) make_room(board);
    }
    // Neither is to be first each time: both wait a little, now more, now less than the other.
    measure::work(static_cast<std::uint32_t>((side == 0 ? i : i / 32) % 32 * 4), i);
    return i <= board.end.load(std::memory_order_relaxed);  // relaxed: came with `arrived`
}

//! [publish look]
void publish_and_look(Board& board, Barrier barrier) {
    for (std::uint64_t i = 1; begin(board, 0, i); ++i) {
        write_message(board, 0, i);
        // The orders are those of the ring: right for what they hand over, and not enough here.
        board.published.store(i, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler does not swap them
        if (barrier == Barrier::both_fences) std::atomic_thread_fence(std::memory_order_seq_cst);
        board.saw[0][i - 1] = board.asleep.load(std::memory_order_relaxed) == i;
        read_message(board, 0);
    }
}

void sleep_and_look(Board& board, Barrier barrier) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    for (std::uint64_t i = 1; begin(board, 1, i); ++i) {
        write_message(board, 1, i);
        board.asleep.store(i, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (barrier == Barrier::membarrier) {
            shm::check(membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED), "membarrier", "both sides");
        } else if (barrier != Barrier::none) {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
        board.saw[1][i - 1] = board.published.load(std::memory_order_acquire) == i;
        read_message(board, 1);
        if (i % 64 == 0 && std::chrono::steady_clock::now() > until) {
            board.end.store(i, std::memory_order_relaxed);  // relaxed: `arrived` publishes it
        }
    }
}
//! [publish look]

}  // namespace

Missed miss_each_other(Barrier barrier, std::uint64_t tries) {
    if (barrier == Barrier::membarrier &&
        membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == -1) {
        return {.missed = 0, .tries = 0, .refused = std::strerror(errno)};
    }
    const measure::Cpus cpus = measure::look_at_machine(false).cpus;
    const measure::Arena arena(sizeof(Board));
    auto* board = new (arena.ring(0)) Board{};
    board->end = std::min(tries, most_tries);
    board->one_core = cpus.are_one();
    const auto side = [&](void (*what)(Board&, Barrier)) {
        return [&arena, board, barrier, what] {
            if (barrier == Barrier::membarrier) {  // only who is registered is reached
                shm::check(membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED), "membarrier",
                           "this side");
            }
            arena.start();
            what(*board, barrier);
        };
    };
    run_pair(cpus, measure::Between::processes, side(publish_and_look), side(sleep_and_look));
    Missed result;
    result.tries = board->end;
    for (std::uint64_t i = 0; i < result.tries; ++i) {
        if (board->saw[0][i] == 0 && board->saw[1][i] == 0) ++result.missed;
    }
    return result;
}
