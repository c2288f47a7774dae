/// @file
/// Lesson 06: a segment that is created by two at the same moment, and one that is removed while
/// somebody looks at it.

#include "common/kernel/checked.hpp"
#include "tests/faults/support.hpp"

#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

using namespace faults;

namespace {

Words safe_create(const Place& place) {
    return {SAFE_CREATE, "--key", place.key_text()};
}

void remove_segment(key_t key) {
    const int shmid = shmget(key, 0, 0);
    if (shmid != -1) shmctl(shmid, IPC_RMID, nullptr);
}

/// The words that hold a program for `microseconds` after its first shmget.
Words held(int microseconds, const Words& words) {
    Words all = {"/usr/bin/env",
                 "strace",
                 "-D",
                 "-o",
                 "/dev/null",
                 "-e",
                 "trace=shmget",
                 "-e",
                 "inject=shmget:delay_exit=" + std::to_string(microseconds) + ":when=1"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

bool can_hold() {
    if (address_sanitizer) return false;  // its search for leaks does not work under strace
    return run(held(1, {"true"})).end == "0";
}

}  // namespace

TEST_CASE("of two that create at the same moment one says created, the other existing") {
    const Place place;
    for (int i = 0; i < 100; ++i) {
        Program one(safe_create(place));
        Program other(safe_create(place));
        const Finished first = one.finish();
        const Finished second = other.finish();
        CHECK(first.end == "0");
        CHECK(second.end == "0");
        const std::set<std::string> said = {first.out, second.out};
        REQUIRE(said == std::set<std::string>{"Created new shared memory segment\n",
                                              "Using existing shared memory segment\n"});
        remove_segment(place.key());
    }
}

TEST_CASE("of two that meet after their first look one says created, the other existing") {
    if (!can_hold()) return testing::skip("needs strace, and no AddressSanitizer");
    const Place place;
    // What each found by its first call is old when it goes on.
    Program one(held(100'000, safe_create(place)));
    Program other(held(100'000, safe_create(place)));
    const std::set<std::string> said = {one.finish().out, other.finish().out};
    CHECK(said == std::set<std::string>{"Created new shared memory segment\n",
                                        "Using existing shared memory segment\n"});
}

TEST_CASE("a segment that is removed while it is looked at is created again") {
    const Place place;
    checked::shmget(place.key(), 4096, IPC_CREAT | 0600);
    std::atomic<bool> through{false};
    unsigned lasting = 0;
    // Gone for a moment, there for a moment: in a hundred runs every gap between two calls is met.
    std::thread rival([&] {
        while (!through.load(std::memory_order_relaxed)) {  // relaxed: nothing else is handed over
            remove_segment(place.key());
            if (lasting % 2 == 0) usleep(20);
            if (shmget(place.key(), 4096, IPC_CREAT | 0600) == -1) return;
            if (++lasting % 3 == 0) usleep(20);
        }
    });
    const bool hold = can_hold();
    for (int i = 0; i < 100; ++i) {
        // Held, it finds the segment by its first call, and by the second one often not.
        const bool now = hold && i % 2 == 0;
        const Finished finished = run(now ? held(1000, safe_create(place)) : safe_create(place));
        INFO(finished.out << finished.err);
        CHECK(finished.end == "0");
    }
    through.store(true, std::memory_order_relaxed);
    rival.join();
}

TEST_CASE("a segment whose making could not be reported is said to stay, and how it is removed") {
    const Place place;
    const Finished finished = run(after("exec >/dev/full", safe_create(place)));
    CHECK(finished.end == "1");
    CHECK(has(finished.err, "No space left on device"));
    CHECK(has(finished.err, "stays until a process removes it: ipcrm -M " + place.key_text()));
}

TEST_CASE("where all strangers look like oneself, safe_create takes no segment that it finds") {
    if (run(unmapped({"true"})).end != "0") return testing::skip("no user namespace for us");
    const Place place;
    CHECK(run(safe_create(place)).end == "0");
    const Finished finished = run(unmapped(safe_create(place)));
    INFO(finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.out, "Cannot access existing segment: cannot tell whose it is"));
    CHECK(run(safe_create(place)).out == "Using existing shared memory segment\n");
}
