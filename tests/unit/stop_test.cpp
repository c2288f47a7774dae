/// @file
/// common/program/stop.hpp. Signals change the whole process, so each test has one of its own.

#include "common/program/stop.hpp"
#include "common/program/console.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>  // O_CLOEXEC
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>  // SYS_ppoll
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>

using namespace std::chrono_literals;
using unit::Ended;
using unit::Forked;
using unit::in_child;

namespace {

std::atomic<int> raise_before_sleep{0};
std::atomic<int> sleeps{0};
constexpr int stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

#ifdef SYS_ppoll_time64  // 32 bits: the call depends on the time that it is given
constexpr long ppoll_call = sizeof(timespec::tv_sec) > sizeof(long) ? SYS_ppoll_time64 : SYS_ppoll;
#else
constexpr long ppoll_call = SYS_ppoll;
#endif

/// Says which signal ended `wait`, or that none did.
template <typename Wait>
int say_what_ends(Wait wait) {
    try {
        wait();
        shm::say("not stopped");
    } catch (const shm::Stopped& stopped) {
        shm::say("stopped by {}", stopped.signal());
    }
    return 0;
}

}  // namespace

/// The library's ppoll: the real one, before which a test can let a signal come. That is the
/// moment, after the last look and before the sleep, in which a careless wait loses it.
extern "C" int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
    const int signal = raise_before_sleep.exchange(0);
    if (signal != 0) raise(signal);
    ++sleeps;
    timespec left = timeout == nullptr ? timespec{} : *timeout;
    return static_cast<int>(syscall(ppoll_call, fds, count, timeout == nullptr ? nullptr : &left,
                                    mask, std::size_t{_NSIG / 8}));
}

TEST_CASE("a time that has too many seconds is the longest that there is") {
    constexpr std::int64_t century = 100LL * 365 * 24 * 3600;
    const timespec time = shm::to_timespec(std::chrono::seconds(century) + 7ns);
    CHECK(time.tv_sec ==
          std::min<std::int64_t>(century, std::numeric_limits<decltype(time.tv_sec)>::max()));
    CHECK(time.tv_nsec == 7);
}

TEST_CASE("each stop signal ends a pause as Stopped") {
    for (const int signal : stop_signals) {
        Forked child([] {
            shm::catch_stop_signals();
            shm::say("ready");
            return say_what_ends([] { shm::pause_for(1h); });
        });
        child.wait_for("ready");
        child.send(signal);
        const Ended ended = child.wait();
        CHECK(ended.status == "0");
        CHECK(ended.out == fmt::format("ready\nstopped by {}\n", signal));
    }
}

TEST_CASE("a signal that came before a wait ends it at once") {
    const Ended ended = in_child([] {
        shm::catch_stop_signals();
        raise(SIGTERM);
        say_what_ends([] { shm::pause_for(1h); });
        std::array<int, 2> silent{};
        if (pipe2(silent.data(), O_CLOEXEC) == -1) return 1;
        say_what_ends([&] { shm::wait_readable(silent[0]); });
        return say_what_ends([] { shm::check_stop(); });
    });
    CHECK(ended.out == "stopped by 15\nstopped by 15\nstopped by 15\n");
}

TEST_CASE("a signal between the last look and the sleep is not slept over") {
    const Ended ended = in_child([] {
        shm::catch_stop_signals();
        raise_before_sleep = SIGINT;
        say_what_ends([] { shm::pause_for(1h); });
        shm::say("{}", raise_before_sleep == 0 ? "it came just before" : "ppoll was not used");
        return 0;
    });
    CHECK(ended.out == "stopped by 2\nit came just before\n");
}

TEST_CASE("a signal before the sleep on an input is not slept over") {
    Forked child([] {
        shm::catch_stop_signals();
        raise_before_sleep = SIGHUP;
        return say_what_ends([] { shm::wait_readable(STDIN_FILENO); });
    });
    CHECK(child.wait().out == "stopped by 1\n");
}

TEST_CASE("signals at any moment of a pause end it") {
    for (int i = 0; i < 100; ++i) {
        Forked child([] {
            shm::catch_stop_signals();
            shm::say("ready");
            return say_what_ends([] { shm::pause_for(1h); });
        });
        child.wait_for("ready");
        usleep(static_cast<useconds_t>(i * 3));
        child.send(SIGTERM);
        REQUIRE(child.wait().out == "ready\nstopped by 15\n");
    }
}

TEST_CASE("without a signal a pause lasts as long as it was asked to") {
    const auto start = std::chrono::steady_clock::now();
    shm::pause_for(30ms);
    CHECK(std::chrono::steady_clock::now() - start >= 30ms);
    shm::pause_for(0ms);
    CHECK_NOTHROW(shm::check_stop());
}

TEST_CASE("a program that was continued still sleeps, and its watch is told when it asks") {
    const Ended ended = in_child([] {
        const shm::ContinueWatch watch;
        raise(SIGCONT);
        std::array<int, 2> pipe{};
        if (pipe2(pipe.data(), O_CLOEXEC) == -1) return 1;
        shm::pause_for(30ms);
        if (sleeps == 0) return 2;
        shm::wait_writable(pipe[1]);
        return watch.wait_readable(pipe[0]) ? 0 : 3;
    });
    CHECK(ended.status == "0");
}

TEST_CASE("a signal that was ignored from the start stays ignored") {
    const Ended ended = in_child([] {
        signal(SIGHUP, SIG_IGN);  // as nohup does
        shm::catch_stop_signals();
        raise(SIGHUP);
        return say_what_ends([] { shm::pause_for(1ms); });
    });
    CHECK(ended.out == "not stopped\n");
}

TEST_CASE("an input that has ended can be read, and so can one that has something") {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const shm::Descriptor out(ends[0]);
    shm::Descriptor in(ends[1]);
    REQUIRE(write(in.get(), "x", 1) == 1);
    shm::wait_readable(out.get());
    char byte = 0;
    REQUIRE(read(out.get(), &byte, 1) == 1);
    in.reset();
    shm::wait_readable(out.get());
    CHECK(read(out.get(), &byte, 1) == 0);
}

TEST_CASE("a process ends by the very signal that it is told") {
    for (const int signal : stop_signals) {
        CHECK(in_child([signal]() -> int {
                  shm::catch_stop_signals();
                  shm::end_by_signal(signal);
              }).status == harness::signal_text(signal));
    }
    CHECK(in_child([]() -> int {
              sigset_t blocked;
              sigemptyset(&blocked);
              sigaddset(&blocked, SIGTERM);
              sigprocmask(SIG_BLOCK, &blocked, nullptr);
              shm::end_by_signal(SIGTERM);
          }).status == "SIGTERM");
    CHECK(in_child([]() -> int { shm::end_by_signal(SIGCHLD); }).status ==
          std::to_string(128 + SIGCHLD));
}

TEST_CASE("a deadline gives the time left in slices, and never less than none") {
    const auto far = shm::Deadline::after(1h);
    CHECK_FALSE(far.passed());
    CHECK(far.left(100ms) == 100ms);
    CHECK(far.left(24h) <= 1h);
    CHECK(far.left(24h) > 59min);
    const auto near = shm::Deadline::after(5ms);
    CHECK(near.left(100ms) <= 5ms);
    shm::pause_for(5ms);
    CHECK(near.passed());
    CHECK(near.left(100ms) == 0ns);
}

TEST_CASE("a moment to wait for is one of the clock that nobody sets") {
    timespec before = {};
    timespec after = {};
    REQUIRE(clock_gettime(CLOCK_MONOTONIC, &before) == 0);
    const timespec moment = shm::monotonic_after(3s);
    REQUIRE(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
    const auto since_boot = [](const timespec& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    };
    CHECK(since_boot(moment) >= since_boot(before) + 3s);
    CHECK(since_boot(moment) <= since_boot(after) + 3s);
}
