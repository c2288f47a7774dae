/// @file
/// One end of a ring killed before each single instruction.
#pragma once

#include "tests/faults/support.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace faults {

/// Two processes that take turns have no use for two CPUs.
class OneCpu {
public:
    OneCpu() {
        REQUIRE(sched_getaffinity(0, sizeof(before_), &before_) == 0);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
        REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
    }
    OneCpu(const OneCpu&) = delete;
    OneCpu& operator=(const OneCpu&) = delete;
    ~OneCpu() { sched_setaffinity(0, sizeof(before_), &before_); }

private:
    cpu_set_t before_ = {};
};

/// Runs `life` in a child which stops itself wherever life says raise(SIGUSR1); after stop number
/// `phase` it goes on for `steps` instructions, one at a time, and is killed.
/// @returns 1 if it was killed; 0 if it came to the next stop, or to its end, before; -1 if this
///          machine does not let a process be traced
template <typename Life>
int kill_after(int phase, unsigned long steps, Life life) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) _exit(9);
        life();
        _exit(0);
    }
    int status = 0;
    for (int stop = 0; stop <= phase; ++stop) {
        if (stop != 0) ptrace(PTRACE_CONT, child, nullptr, nullptr);
        REQUIRE(waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) return WEXITSTATUS(status) == 9 ? -1 : 0;
        REQUIRE((WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1));
    }
    bool is_on = true;
    while (steps-- != 0 && is_on) {
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == -1) return -1;
        REQUIRE(waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) return 0;
        is_on = WSTOPSIG(status) == SIGTRAP;
    }
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    return is_on ? 1 : 0;
}

constexpr int phases = 4;  // begin, one message, a span, end

/// Calls `killed(phase, steps)` for 1, 2, 3 ... instructions of each phase, until it returns 0,
/// which means that the phase had no more.
template <typename Killed>
void sweep(Killed killed) {
    const OneCpu one_cpu;
    const unsigned long stride = address_sanitizer ? 29 : 1;
    unsigned long kills = 0;
    for (int phase = 0; phase < phases; ++phase) {
        for (unsigned long steps = 1;; steps += stride) {
            INFO("phase " << phase << ", " << steps << " instructions");
            const int result = killed(phase, steps);
            if (result == -1) return testing::skip("needs to trace a process");
            if (result == 0) break;
            ++kills;
        }
    }
    std::printf("killed at %lu instructions\n", kills);
    CHECK(kills * stride > 100);
}

}  // namespace faults
