#include "common/program/bus_error.hpp"

#include "common/program/check.hpp"

#include <signal.h>  // sigaction, raise
#include <unistd.h>  // write

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace shm {

namespace {

/// A range with its line. Made ready while all is well: the handler may call next to nothing (man
/// 7 signal-safety).
struct Range {
    // The handler's thread was using memory of its range, so no thread replaces that one meanwhile.
    // It may look at any other one while that is being replaced: then `end` is 0, or changes.
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};  ///< 0: nothing is said about this one
    std::array<char, 401> line{};
    std::size_t length = 0;
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free, "a handler must not lock");

std::array<Range, 16> ranges;  // static: a handler gets no argument of ours
std::mutex ranges_mutex;       // of who changes them; a handler may lock nothing

/// Says whether the address is in the range, also while another thread replaces it.
bool holds(const Range& range, std::uintptr_t address) {
    // acquire: the line is whole, as explain_bus_errors_in() left it
    const std::uintptr_t end = range.end.load(std::memory_order_acquire);
    if (address >= end) return false;
    // acquire: the next look at `end` comes after it
    if (address < range.begin.load(std::memory_order_acquire)) return false;
    // relaxed: if `begin` was of the next range, the store of 0 before it is seen by now
    return range.end.load(std::memory_order_relaxed) == end;
}

//! [on bus error]
extern "C" void on_bus_error(int signal, siginfo_t* info, void*) {
    const int error = errno;
    if (info->si_code <= 0) {  // sent, by kill(): there is no access that would be repeated
        raise(signal);         // as soon as this returns; by default by now: SA_RESETHAND
        return;
    }
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (const Range& range : ranges) {
        if (!holds(range, address)) continue;
        // What should be done if it fails? The process ends in any case.
        static_cast<void>(!write(STDERR_FILENO, range.line.data(), range.length));
        break;
    }
    errno = error;
    // Returns to the access, which is made again, and now ends the process: SA_RESETHAND.
}
//! [on bus error]

bool overlaps(const Range& range, std::uintptr_t begin, std::uintptr_t end) {
    // relaxed, both: stored under the mutex
    return range.begin.load(std::memory_order_relaxed) < end &&
           begin < range.end.load(std::memory_order_relaxed);
}

}  // namespace

void catch_bus_errors() {
    struct sigaction action = {};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND;
    check(sigaction(SIGBUS, &action, nullptr), "sigaction", "SIGBUS");
}

void explain_bus_errors_in(const void* memory, std::size_t size, std::string_view text) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t end = begin + size;
    const std::lock_guard lock(ranges_mutex);
    for (Range& range : ranges) {
        // relaxed: the fence below orders it
        if (overlaps(range, begin, end)) range.end.store(0, std::memory_order_relaxed);
    }
    // A handler must see a range empty before the next line is written there, and a release store
    // does not hold back what comes after it. In this very thread it sees all stores in the order
    // in which the compiler made them, and the fence keeps that; in another one, see holds().
    std::atomic_signal_fence(std::memory_order_seq_cst);
    for (Range& range : ranges) {
        // relaxed: stored under the mutex
        if (range.end.load(std::memory_order_relaxed) != 0) continue;
        range.length = std::min(text.size(), range.line.size() - 1);
        std::memcpy(range.line.data(), text.data(), range.length);
        range.line[range.length++] = '\n';
        range.begin.store(begin, std::memory_order_release);  // release: `end` was 0 before
        range.end.store(end, std::memory_order_release);      // release: the line is whole
        return;
    }
}

BusErrorText forget_bus_errors_in(const void* memory) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const std::lock_guard lock(ranges_mutex);
    for (Range& range : ranges) {
        // relaxed, all: stored under the mutex, and what is taken back is used no longer
        const std::uintptr_t end = range.end.load(std::memory_order_relaxed);
        if (end == 0 || range.begin.load(std::memory_order_relaxed) != begin) continue;
        range.end.store(0, std::memory_order_relaxed);
        return {memory, end - begin, std::string(range.line.data(), range.length - 1)};
    }
    return {};
}

void explain_bus_errors_again(const BusErrorText& text) {
    if (text.size != 0) explain_bus_errors_in(text.memory, text.size, text.text);
}

}  // namespace shm
