/// @file
/// Ending when asked to (Ctrl-C, SIGTERM, SIGHUP, SIGQUIT), with everything cleaned up. Serves
/// every lesson's program.
#pragma once

#include <signal.h>  // sigaction
#include <time.h>    // timespec

#include <chrono>
#include <exception>

namespace shm {

/// Thrown out of a wait when a signal has asked the program to end; the clean-ups run on its way
/// out, and shm::program() then ends the process by that very signal, as its parent expects.
class Stopped : public std::exception {
public:
    /// @param signal  which signal asked, e.g. SIGINT
    explicit Stopped(int signal) : signal_(signal) {}
    /// Returns the signal that asked, e.g. SIGINT.
    int signal() const noexcept { return signal_; }
    /// Returns a fixed text.
    const char* what() const noexcept override { return "stopped by a signal"; }

private:
    int signal_;
};

/// Catches SIGINT, SIGTERM, SIGHUP and SIGQUIT from here on (system calls that wait then return
/// EINTR), and lets SIGPIPE and SIGXFSZ do nothing, so that a closed output, or a file larger than
/// allowed, is a failed call that can be cleaned up after: say_line() makes Stopped of the first. A
/// program that is started by exec finds all of them as this one did. Called once, by
/// shm::program().
void catch_stop_signals();

/// Throws Stopped if a signal has asked this process to end. A loop that waits calls it in each
/// round, or one of the waits below, which do.
void check_stop();

/// Waits for `time`; a signal that asks the program to end ends the wait by an exception.
/// @throws Stopped if a signal asked before or during the wait
void pause_for(std::chrono::milliseconds time);

/// Waits until `fd` can be read (or is at its end).
/// @throws Stopped if a signal asked before or during the wait; none is missed in between
void wait_readable(int fd);

/// While it lives, it is noticed when this process goes on after it was stopped (Ctrl-Z, then `fg`
/// or `bg`: SIGCONT, man 7 signal). One at a time.
class ContinueWatch {
public:
    ContinueWatch();
    ContinueWatch(const ContinueWatch&) = delete;
    ContinueWatch& operator=(const ContinueWatch&) = delete;
    ~ContinueWatch();

    /// Waits until `fd` can be read, or until this process is continued.
    /// @returns whether it was continued, since the watch began or since it was last asked
    /// @throws Stopped if a signal asked before or during the wait
    bool wait_readable(int fd) const;

private:
    struct sigaction before_ = {};
};

/// Waits until `fd` takes output. Where it takes some at once, returns without a look at signals.
/// @throws Stopped if a signal asked before or during a wait; none is missed in between
void wait_writable(int fd);

/// Returns `time`, which is not negative, as the kernel takes it.
timespec to_timespec(std::chrono::nanoseconds time);

/// Returns the moment `time` from now on the monotonic clock (man 2 clock_gettime), for the calls
/// that take a moment: sem_clockwait(), pthread_mutex_clocklock(). Their older relatives,
/// sem_timedwait() and pthread_mutex_timedlock(), take the wall clock, which can be set.
timespec monotonic_after(std::chrono::nanoseconds time);

/// Ends this process by `signal` itself, so that a shell or a parent sees that it did.
[[noreturn]] void end_by_signal(int signal);

/// A moment on the monotonic clock, which cannot be set (man 2 clock_gettime): after it, a wait
/// gives up.
class Deadline {
public:
    using Clock = std::chrono::steady_clock;  ///< the monotonic one
    /// Returns the moment `time` from now.
    static Deadline after(std::chrono::milliseconds time) {
        return Deadline(Clock::now() + time, time);
    }
    /// Returns how long the whole wait may take: what after() was given, not what is left.
    std::chrono::milliseconds time() const { return time_; }
    /// Says whether the moment has passed.
    bool passed() const { return Clock::now() >= moment_; }
    /// Returns the time left, at most `slice`, at least 0. Waiting slice by slice lets a waiter
    /// look around: has a signal asked it to end, is its peer still alive?
    std::chrono::nanoseconds left(std::chrono::milliseconds slice) const;

private:
    Deadline(Clock::time_point moment, std::chrono::milliseconds time)
        : moment_(moment), time_(time) {}
    Clock::time_point moment_;
    std::chrono::milliseconds time_;
};

}  // namespace shm
