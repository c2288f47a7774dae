/// @file
/// Lessons 02 and 03 where the kernel, or a namespace, is not what a program takes it for: whatever
/// a live process has stays, and what is not so is not said.

#include "lessons/02-sysv-producer-consumer/slot.hpp"
#include "lessons/03-semaphore-critical-section/table.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/stop.hpp"  // Deadline
#include "tests/faults/support.hpp"

#include <signal.h>
#include <sys/shm.h>
#include <unistd.h>

using namespace faults;

namespace {

/// The words that run `words` under strace, which changes what their calls do (man 1 strace,
/// "inject"). The program has the pid that a test sees: strace is its grandchild.
Words injected(const std::string& injection, const Words& words) {
    const std::string call = injection.substr(0, injection.find(':'));
    Words all = {"strace",
                 "-D",
                 "-qq",
                 "-o",
                 "/dev/null",
                 "-e",
                 "trace=" + call,
                 "-e",
                 "inject=" + injection};
    all.insert(all.begin(), "/usr/bin/env");
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

/// The words that run `words` in a namespace of its own: "--pid", "--ipc" (man 1 unshare).
Words apart(const std::string& which, const Words& words) {
    Words all = {"/usr/bin/env", "unshare", "--user",      "--map-current-user",
                 which,          "--fork",  "--kill-child"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

/// Skips a test that needs strace where it cannot be used.
#define STRACE_OR_SKIP()                                                                      \
    do {                                                                                      \
        if (address_sanitizer || run(injected("getpid:delay_exit=1", {"true"})).end != "0") { \
            ::testing::skip("needs strace, and no AddressSanitizer");                         \
            return;                                                                           \
        }                                                                                     \
    } while (false)

/// Waits until a segment lies under the place's key.
void wait_for_segment(const Place& place) {
    const auto deadline = shm::Deadline::after(slack);
    while (shmget(place.key(), 0, 0) == -1 && !deadline.passed()) usleep(1000);
    REQUIRE(shmget(place.key(), 0, 0) != -1);
}

}  // namespace

TEST_CASE("a producer held between its first two calls keeps its segment") {
    STRACE_OR_SKIP();
    const Place place;
    const Words one = {"--messages", "1"};
    Program producer(injected("shmat:delay_enter=4000000:when=1", place.producer(one)));
    wait_for_segment(place);
    const Finished early = run(place.consumer({"--timeout-ms", "300"}));
    INFO(early.out << early.err);
    CHECK(early.end == "1");
    CHECK(
        has(early.err, "is not finished; process " + std::to_string(producer.pid()) + " made it"));
    const Finished second = run(place.producer(one));
    INFO(second.out << second.err);
    CHECK(second.end == "1");
    CHECK(has(second.err, "is not finished; process"));

    const Finished consumer = run(place.consumer(one));
    INFO(consumer.out << consumer.err);
    CHECK(consumer.end == "0");
    const Finished first = producer.finish();
    INFO(first.out << first.err);
    CHECK(first.end == "0");
    CHECK(place.left().empty());
}

TEST_CASE("a producer of another pid namespace keeps the segment that it is making") {
    STRACE_OR_SKIP();
    if (run(apart("--pid", {"true"})).end != "0") return testing::skip("no pid namespace for us");
    const Place place;
    const Program producer(injected("shmat:delay_enter=3000000:when=1", place.producer()));
    wait_for_segment(place);
    const Finished consumer = run(apart("--pid", place.consumer({"--timeout-ms", "300"})));
    INFO(consumer.out << consumer.err);
    CHECK(consumer.end == "1");
    CHECK(has(consumer.err, "is not finished; a process of another pid namespace"));
    CHECK_FALSE(has(consumer.err, "process 0"));
    CHECK_FALSE(place.left().empty());
}
