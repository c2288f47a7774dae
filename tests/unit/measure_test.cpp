/// @file
/// common/measure: clocks, the two sides, what many rounds come to, and how
/// they are recorded.

#include "common/measure/arena.hpp"
#include "common/measure/clock.hpp"
#include "common/measure/machine.hpp"
#include "common/measure/pair.hpp"
#include "common/measure/record.hpp"
#include "common/measure/statistics.hpp"
#include "common/measure/usage.hpp"
#include "common/program/stop.hpp"
#include "common/ring/ring.hpp"
#include "tests/unit/support.hpp"

#include <sched.h>
#include <time.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

using namespace measure;
using namespace std::chrono_literals;

namespace {

bool about(double value, double expected) {
    return std::abs(value - expected) < 1e-9;
}

/// Says whether the calling thread may run on that CPU, and on no other.
bool is_on(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 &&
           CPU_ISSET(static_cast<unsigned>(cpu), &set);
}

void sleep_a_hundred_times() {
    for (int i = 0; i < 100; ++i) std::this_thread::sleep_for(100us);
}

/// The processor time of the calling thread, in seconds, as its clock tells it.
double own_time() {
    timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void work_for_20_ms() {
    while (own_time() < 0.02) {
    }
}

}  // namespace

TEST_CASE("every clock that waits or measures goes on when the time is set") {
    CHECK(Clock::is_steady);
    CHECK(shm::Deadline::Clock::is_steady);
    CHECK(shm::ring::Clock::is_steady);
}

TEST_CASE("a side that is ready waits for the other") {
    const Arena arena(4096);
    const unit::Shared<std::atomic<std::uint32_t>> seen;
    unit::Forked first([&] {
        arena.start();
        *seen = arena.report().ready.load();
        return 0;
    });
    while (arena.report().ready == 0) std::this_thread::yield();
    // It would go on at once; where it waits, as it has to, this time is for nothing.
    const auto end = Clock::now() + 50ms;
    while (*seen == 0 && Clock::now() < end) std::this_thread::yield();
    arena.start();
    CHECK(first.wait().status == "0");
    CHECK(*seen == 2);
}

TEST_CASE("each of the two sides runs on its own CPU") {
    const Machine machine = look_at_machine(false);
    if (machine.cpus.are_one()) return testing::skip("needs two CPUs");
    for (const Between between : {Between::processes, Between::threads}) {
        const unit::Shared<std::array<std::atomic<bool>, 2>> right;
        CHECK(unit::in_child([&] {
                  run_pair(
                      machine.cpus, between, [&] { (*right)[0] = is_on(machine.cpus.producer); },
                      [&] { (*right)[1] = is_on(machine.cpus.consumer); });
                  return 0;
              }).status == "0");
        CHECK((*right)[0]);
        CHECK((*right)[1]);
    }
}

TEST_CASE("a side that fails is a failure of the pair") {
    const Cpus cpus = look_at_machine(true).cpus;
    const auto fails = [] { throw shm::Failure("it broke"); };
    const auto ended = unit::in_child([&] {
        int failures = 0;
        for (const bool first : {true, false}) {
            try {
                run_pair(
                    cpus, Between::processes,
                    [&] {
                        if (first) fails();
                    },
                    [&] {
                        if (!first) fails();
                    });
            } catch (const shm::Failure&) {
                ++failures;
            }
        }
        return failures;
    });
    CHECK(ended.status == "2");
    CHECK(unit::has(ended.err, "it broke"));
}

TEST_CASE("a thread's sleeps are counted, and no other thread's") {
    const Usage before = usage();
    std::thread(sleep_a_hundred_times).join();
    const Usage between = usage();
    CHECK(between.switches - before.switches < 50);
    sleep_a_hundred_times();
    // Nearly all: where the time of a sleep is over before the thread is off its processor, the
    // kernel counts none.
    CHECK(usage().switches - between.switches > 50);
}

TEST_CASE("a thread's processor time is its own, and of this moment") {
    // Between two readings of the thread's own clock, however long the machine holds it up there. A
    // time up to the kernel's last tick is before both, one of the whole process after both.
    const auto check_now = [] {
        const double before = own_time();
        const double counted = usage().cpu_seconds;
        const double after = own_time();
        CHECK(before <= counted);
        CHECK(counted <= after);
    };
    std::thread(work_for_20_ms).join();
    for (int i = 0; i < 6; ++i) {
        const auto end = std::chrono::steady_clock::now() + 400us;
        while (std::chrono::steady_clock::now() < end) {  // without a system call
        }
        check_now();
    }
    std::thread([&] {
        work_for_20_ms();
        check_now();
    }).join();
}

TEST_CASE("a summary tells the median, the ends and where the middle half lies") {
    const Summary odd = summary({50, 10, 20, 40, 30});
    CHECK(odd.median == 30);
    CHECK(odd.least == 10);
    CHECK(odd.most == 50);
    CHECK(about(odd.spread, (40.0 - 20.0) / 30));
    CHECK(summary({1, 2, 3, 4}).median == 2.5);
    CHECK(summary({7}).median == 7);
    CHECK(summary({}).median == 0);
}

TEST_CASE("ratios are taken within each round") {
    // The machine was five times as slow in the second round, for both.
    const Summary ratio = ratios({20, 4, 22}, {10, 2, 11});
    CHECK(ratio.least == 2);
    CHECK(ratio.most == 2);
    CHECK(ratios({1, 2, 3}, {1, 2}).most == 1);  // a round that was broken off does not count
}

TEST_CASE("the geometric mean of a half and of its double is 1") {
    CHECK(about(geometric_mean({0.5, 2}), 1));
    CHECK(geometric_mean({}) == 0);
}

TEST_CASE("a figure is recorded with as many digits as it means") {
    CHECK(rounded(123456.7, 4) == 123500);
    CHECK(rounded(0.0012349, 3) == 0.00123);
    CHECK(rounded(0, 4) == 0);
}
