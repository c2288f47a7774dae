#include "common/program/stop.hpp"

#include "common/program/check.hpp"

#include <poll.h>    // poll, ppoll
#include <signal.h>  // sigaction, sigprocmask
#include <unistd.h>  // getpid

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>

namespace shm {

namespace {

constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// Lock-free, as a signal handler needs. relaxed: the one thread that reads it needs nothing else
// that the handler did.
std::atomic<int> stop_signal{0};
std::atomic<bool> was_continued{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

extern "C" void on_stop_signal(int signal) {
    stop_signal.store(signal, std::memory_order_relaxed);
}

extern "C" void on_nothing(int) {}

extern "C" void on_continue(int) {
    was_continued.store(true, std::memory_order_relaxed);
}

/// What a wait does where a ContinueWatch has noticed something that nobody has asked it for yet.
enum class OnContinue {
    returns,  ///< it is the watch's own wait
    sleeps,   ///< any other: nothing in it takes the notice back, so it would never sleep again
};

/// ppoll lets the signals through only while it sleeps, so none can come between the look and the
/// sleep and be slept over (man 2 ppoll).
void sleep_on(pollfd* fds, nfds_t count, const timespec* timeout, OnContinue then) {
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    for (const int signal : stop_signals) sigaddset(&blocked, signal);
    sigaddset(&blocked, SIGCONT);
    check(sigprocmask(SIG_BLOCK, &blocked, &before), "sigprocmask", "the stop signals");
    const bool asked =
        stop_signal.load(std::memory_order_relaxed) != 0 ||
        (then == OnContinue::returns && was_continued.load(std::memory_order_relaxed));
    const int result = asked ? 0 : ppoll(fds, count, timeout, &before);
    const int error = errno;
    sigprocmask(SIG_SETMASK, &before, nullptr);
    if (result == -1 && error != EINTR) throw SystemError(error, "ppoll", "a wait");
    check_stop();
}

void wait_for(int fd, short event) {
    pollfd file = {.fd = fd, .events = event, .revents = 0};
    do {
        sleep_on(&file, 1, nullptr, OnContinue::sleeps);
    } while (file.revents == 0);
}

}  // namespace

timespec to_timespec(std::chrono::nanoseconds time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    // Where a second has 32 bits, what is later than the last one is the last one.
    constexpr auto last = std::numeric_limits<decltype(timespec::tv_sec)>::max();
    return {.tv_sec = static_cast<decltype(timespec::tv_sec)>(
                std::min<std::int64_t>(seconds.count(), last)),
            .tv_nsec = static_cast<long>((time - seconds).count())};
}

timespec monotonic_after(std::chrono::nanoseconds time) {
    timespec now = {};
    check(clock_gettime(CLOCK_MONOTONIC, &now), "clock_gettime", "CLOCK_MONOTONIC");
    return to_timespec(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) +
                       time);
}

void catch_stop_signals() {
    struct sigaction action = {};
    action.sa_handler = on_stop_signal;  // no SA_RESTART: a wait is to end, not to go on
    for (const int signal : stop_signals) {
        struct sigaction inherited = {};
        check(sigaction(signal, nullptr, &inherited), "sigaction", "a stop signal");
        // What was ignored for us from the start stays ignored: that is what `nohup` does.
        if (inherited.sa_handler == SIG_IGN) continue;
        check(sigaction(signal, &action, nullptr), "sigaction", "a stop signal");
    }
    // These two are to do nothing here: the call that raised them fails. By a handler, since what
    // is ignored stays ignored in a program that we exec, and a handler ends with ours.
    action.sa_handler = on_nothing;
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGPIPE, SIGXFSZ}) {
        struct sigaction inherited = {};
        check(sigaction(signal, nullptr, &inherited), "sigaction", "a signal to be ignored");
        if (inherited.sa_handler == SIG_IGN) continue;
        check(sigaction(signal, &action, nullptr), "sigaction", "a signal to be ignored");
    }
}

void check_stop() {
    const int signal = stop_signal.load(std::memory_order_relaxed);
    if (signal != 0) throw Stopped(signal);
}

void pause_for(std::chrono::milliseconds time) {
    const Deadline end = Deadline::after(time);
    do {
        const timespec left = to_timespec(end.left(time));
        sleep_on(nullptr, 0, &left, OnContinue::sleeps);
    } while (!end.passed());
}

void wait_readable(int fd) {
    wait_for(fd, POLLIN);
}

ContinueWatch::ContinueWatch() {
    struct sigaction action = {};
    action.sa_handler = on_continue;
    check(sigaction(SIGCONT, &action, &before_), "sigaction", "SIGCONT");
}

ContinueWatch::~ContinueWatch() {
    sigaction(SIGCONT, &before_, nullptr);
    was_continued.store(false, std::memory_order_relaxed);
}

bool ContinueWatch::wait_readable(int fd) const {
    pollfd file = {.fd = fd, .events = POLLIN, .revents = 0};
    while (file.revents == 0) {
        sleep_on(&file, 1, nullptr, OnContinue::returns);
        if (was_continued.exchange(false, std::memory_order_relaxed)) return true;
    }
    return false;
}

void wait_writable(int fd) {
    // Without a wait there is nothing to end: what is cleaned up on the way out may still be said.
    pollfd output = {.fd = fd, .events = POLLOUT, .revents = 0};
    if (poll(&output, 1, 0) != 1) wait_for(fd, POLLOUT);
}

void end_by_signal(int signal) {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    sigprocmask(SIG_UNBLOCK, &only, nullptr);
    kill(getpid(), signal);
    _exit(128 + signal);  // where the signal is one that does not end a process
}

std::chrono::nanoseconds Deadline::left(std::chrono::milliseconds slice) const {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(moment_ - Clock::now());
    return std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds{0}, slice);
}

}  // namespace shm
