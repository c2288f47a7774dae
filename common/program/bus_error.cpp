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

namespace shm {

namespace {

/// A range with its line. Made ready while all is well: the handler may call next to nothing (man
/// 7 signal-safety).
struct Range {
    // The thread that is interrupted has stored all of it, or has a range that is empty.
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};  ///< 0: nothing is said about this one
    std::array<char, 401> line{};
    std::size_t length = 0;
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free, "a handler must not lock");

std::array<Range, 16> ranges;  // static: a handler gets no argument of ours

//! [on bus error]
extern "C" void on_bus_error(int signal, siginfo_t* info, void*) {
    const int error = errno;
    if (info->si_code <= 0) {  // sent, by kill(): there is no access that would be repeated
        raise(signal);         // as soon as this returns; by default by now: SA_RESETHAND
        return;
    }
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (const Range& range : ranges) {
        // acquire: the line is whole, as explain_bus_errors_in() left it
        if (address >= range.end.load(std::memory_order_acquire)) continue;
        // relaxed: comes with `end`
        if (address < range.begin.load(std::memory_order_relaxed)) continue;
        // What should be done if it fails? The process ends in any case.
        static_cast<void>(!write(STDERR_FILENO, range.line.data(), range.length));
        break;
    }
    errno = error;
    // Returns to the access, which is made again, and now ends the process: SA_RESETHAND.
}
//! [on bus error]

bool overlaps(const Range& range, std::uintptr_t begin, std::uintptr_t end) {
    // relaxed, both: this thread has stored them
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
    for (Range& range : ranges) {
        // relaxed: the fence below orders it
        if (overlaps(range, begin, end)) range.end.store(0, std::memory_order_relaxed);
    }
    // The handler must see a range empty before the next line is written there, and a release store
    // does not hold back what comes after it. It interrupts this very thread, so it sees all stores
    // in the order in which the compiler made them: that is all that is to be kept.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    for (Range& range : ranges) {
        if (range.end.load(std::memory_order_relaxed) != 0) continue;  // relaxed: our own
        range.length = std::min(text.size(), range.line.size() - 1);
        std::memcpy(range.line.data(), text.data(), range.length);
        range.line[range.length++] = '\n';
        range.begin.store(begin, std::memory_order_relaxed);  // relaxed: seen with `end`
        range.end.store(end, std::memory_order_release);      // release: the line is whole
        return;
    }
}

void forget_bus_errors_in(const void* memory) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    for (Range& range : ranges) {
        // relaxed, both: our own, and what lies there no longer can raise no signal
        if (range.begin.load(std::memory_order_relaxed) != begin) continue;
        range.end.store(0, std::memory_order_relaxed);
    }
}

}  // namespace shm
