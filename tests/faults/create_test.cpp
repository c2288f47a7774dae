/// @file
/// Lesson 06: a segment that is created by two at the same moment, and one that is removed while
/// somebody looks at it.

#include "common/check.hpp"
#include "tests/faults/support.hpp"

#include <sys/shm.h>

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

TEST_CASE("a segment that is removed while it is looked at is created again") {
    const Place place;
    shm::check(shmget(place.key(), 4096, IPC_CREAT | 0600), "shmget", "a segment");
    std::atomic<bool> through{false};
    // Removes and makes it as fast as it can: every gap between two calls is met.
    std::thread rival([&] {
        while (!through.load(std::memory_order_relaxed)) {  // relaxed: nothing else is handed over
            remove_segment(place.key());
            shmget(place.key(), 4096, IPC_CREAT | 0600);
        }
    });
    for (int i = 0; i < 100; ++i) {
        const Finished finished = run(safe_create(place));
        INFO(finished.out << finished.err);
        CHECK(finished.end == "0");
    }
    through.store(true, std::memory_order_relaxed);
    rival.join();
}
