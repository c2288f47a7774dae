/// @file
/// Lessons 02 and 03 where the kernel, or a namespace, is not what a program takes it for: whatever
/// a live process has stays, and what is not so is not said.

#include "lessons/02-sysv-producer-consumer/slot.hpp"
#include "lessons/03-semaphore-critical-section/table.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/check.hpp"
#include "common/program/stop.hpp"  // Deadline
#include "tests/faults/support.hpp"

#include <fcntl.h>  // O_CLOEXEC
#include <signal.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

using namespace faults;

namespace {

/// The words that run `words` under strace, which changes what their calls do (man 1 strace,
/// "inject").
/// @param trace  where strace writes what it did; it has when it ends, which is after the program.
///               "": nowhere, and the program has the pid that a test sees
Words injected(const std::string& injection, const Words& words, const std::string& trace = {}) {
    const std::string call = injection.substr(0, injection.find(':'));
    Words all = {"/usr/bin/env",        "strace", "-qq", "-e", "trace=" + call, "-e",
                 "inject=" + injection, "-o"};
    if (trace.empty()) {
        all.insert(all.end(), {"/dev/null", "-D"});
    } else {
        all.push_back(trace);
    }
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

/// A file of its own for strace to write to; removed with this object.
class TraceFile {
public:
    TraceFile() { ::close(shm::check(mkostemp(path_.data(), O_CLOEXEC), "mkostemp", path_)); }
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;
    ~TraceFile() { unlink(path_.c_str()); }
    const std::string& path() const { return path_; }
    /// Says whether strace has changed what a call does.
    bool has_injected() const {
        std::ifstream file(path_);
        return has(std::string(std::istreambuf_iterator<char>(file), {}), "(INJECTED");
    }

private:
    std::string path_ = "/tmp/sysv_test-XXXXXX";
};

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

namespace {

const Words all_calls = {"shmget", "shmat", "shmctl", "shmdt", "semget", "semctl", "semtimedop"};

/// Lets each call of a program fail in turn: it is no success, and what is left can be removed by
/// what it says.
/// @param peer  runs beside it; empty: none does
/// @returns how many calls failed
int fail_each_call(const Place& place, const Words& words, const Words& peer) {
    int failed = 0;
    for (const std::string& call : all_calls) {
        for (int number = 1;; ++number) {
            const TraceFile trace;
            std::optional<Program> beside;
            if (!peer.empty()) beside.emplace(peer);
            const std::string injection = call + ":error=ENOMEM:when=" + std::to_string(number);
            const Finished finished = run(injected(injection, words, trace.path()));
            if (beside) beside->finish();
            INFO(words[0] << ", " << injection << ": " << finished.end << " " << finished.out
                          << finished.err);
            if (!trace.has_injected()) {
                CHECK(finished.end == "0");
                CHECK(place.left().empty());
                break;
            }
            ++failed;
            CHECK(finished.end == "1");
            CHECK(has(finished.err, call));
            if (place.left().empty()) continue;
            const std::size_t cure = finished.err.find("ipcrm ");
            INFO("left: " << place.left());
            REQUIRE(cure != std::string::npos);
            const std::string command =
                finished.err.substr(cure, finished.err.find('\n', cure) - cure);
            INFO(command);
            CHECK(run({"/bin/sh", "-c", command}).end == "0");
            REQUIRE(place.left().empty());
        }
    }
    return failed;
}

}  // namespace

TEST_CASE("a producer whose call fails says so, and how to remove what it leaves") {
    STRACE_OR_SKIP();
    const Place place;
    const Words few = {"--messages", "2", "--timeout-ms", "1000"};
    CHECK(fail_each_call(place, place.producer(few), place.consumer(few)) >= 6);
}

TEST_CASE("a consumer whose call fails says so, and how to remove what it leaves") {
    STRACE_OR_SKIP();
    const Place place;
    const Words few = {"--messages", "2", "--timeout-ms", "1000"};
    CHECK(fail_each_call(place, place.consumer(few), place.producer(few)) >= 6);
}

TEST_CASE("a worker whose call fails says so, and how to remove what it leaves") {
    STRACE_OR_SKIP();
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        const Place place;
        CHECK(fail_each_call(place, place.worker({"--lock", lock}), {}) >= 12);
    }
}

namespace {

/// Interrupts each call of a program that can be, in turn, as a signal does that asks for nothing:
/// it changes nothing.
/// @returns how many calls were interrupted
int interrupt_each_call(const Words& words, const Words& peer, const Words& which) {
    int interrupted = 0;
    for (const std::string& call : which) {
        for (int number = 1; number <= 20; ++number) {
            const TraceFile trace;
            std::optional<Program> beside;
            if (!peer.empty()) beside.emplace(peer);
            const std::string injection = call + ":error=EINTR:when=" + std::to_string(number);
            const Finished finished = run(injected(injection, words, trace.path()));
            const std::string other = beside ? beside->finish().end : "0";
            INFO(words[0] << ", " << injection << ": " << finished.end << " " << finished.out
                          << finished.err);
            if (!trace.has_injected()) break;
            if (has(finished.err, "error while loading shared libraries")) continue;  // its read
            ++interrupted;
            CHECK(finished.end + other == "00");
        }
    }
    return interrupted;
}

}  // namespace

TEST_CASE("a call that is interrupted is made again") {
    STRACE_OR_SKIP();
    const Words calls = {"semtimedop", "ppoll", "poll", "write"};
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        const Place place;
        CHECK(interrupt_each_call(place.worker({"--lock", lock}), {}, calls) >= 8);
        CHECK(place.left().empty());
    }
    const Place place;
    const Words few = {"--messages", "2", "--timeout-ms", "5000"};
    CHECK(interrupt_each_call(place.producer(few), place.consumer(few), calls) >= 5);
    CHECK(interrupt_each_call(place.consumer(few), place.producer(few), calls) >= 5);
    CHECK(place.left().empty());
    CHECK(interrupt_each_call(place.one_semaphore(), {}, {"semtimedop", "read"}) >= 3);
}

TEST_CASE("a worker of another pid namespace shares no mutex, and does share a semaphore") {
    if (run(apart("--pid", {"true"})).end != "0") return testing::skip("no pid namespace for us");
    {
        const Place place;
        Program first(place.worker({"--lock", "mutex", "--pause"}));
        first.wait_for("until you press Enter");
        const Finished other = run(apart("--pid", place.worker({"--lock", "mutex"})));
        INFO(other.out << other.err);
        CHECK(other.end == "1");
        CHECK(has(other.err, "are of another pid namespace"));
        first.type("\n");
        CHECK(first.finish().end == "0");
        // Nobody has it any more: made anew, by whoever comes.
        CHECK(run(apart("--pid", place.worker({"--lock", "mutex"}))).end == "0");
        CHECK(place.left().empty());
    }
    for (const char* lock : {"sysv", "posix"}) {
        const Place place;
        Program first(place.worker({"--lock", lock, "--pause"}));
        first.wait_for("until you press Enter");
        Program other(apart("--pid", place.worker({"--lock", lock})));
        other.wait_for("waiting");
        first.type("\n");
        CHECK(first.finish().end == "0");
        const Finished second = other.finish();
        CHECK(second.end == "0");
        CHECK(has(second.out, "Updated count to 2"));
        CHECK(place.left().empty());
    }
}

TEST_CASE("a killed namespace's mutex is made anew by the next one's worker") {
    if (run(apart("--pid", {"true"})).end != "0") return testing::skip("no pid namespace for us");
    const Place place;
    Program first(apart("--pid", place.worker({"--lock", "mutex", "--pause"})));
    first.wait_for("until you press Enter");
    const int semid = checked::semget(place.key(), 0, 0600);
    first.send(SIGKILL);  // and its child, by --kill-child, which ends when the kernel comes to it
    first.finish();
    while (semctl(semid, 1, GETVAL) > 0) usleep(1000);  // SEM_UNDO: it is attached no longer
    const Finished next = run(apart("--pid", place.worker({"--lock", "mutex"})));
    INFO(next.out << next.err);
    CHECK(next.end == "0");
    CHECK(has(next.out, "Updated count to 1"));
    CHECK(place.left().empty());
}

TEST_CASE("a worker that cannot find its pid namespace out uses no mutex") {
    STRACE_OR_SKIP();
    const Place place;
    Words words = {"/usr/bin/env",
                   "strace",
                   "-qq",
                   "-o",
                   "/dev/null",
                   "-P",
                   "/proc/self/ns/pid",
                   "-e",
                   "inject=%file:error=EACCES"};
    const Words worker = place.worker({"--lock", "mutex"});
    words.insert(words.end(), worker.begin(), worker.end());
    const Finished finished = run(words);
    INFO(finished.out << finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, "cannot find out this process's pid namespace"));
    CHECK(place.left().empty());
}

TEST_CASE("a worker without robust lists says so at the start, and promises nothing") {
    STRACE_OR_SKIP();
    const Place place;
    const Words mutex = {"--lock", "mutex", "--timeout-ms", "1000"};
    const std::string none = "set_robust_list:error=ENOSYS";
    Program first(injected(none, place.worker({"--lock", "mutex", "--pause"})));
    first.wait_for("until you press Enter");
    const Finished second = run(injected(none, place.worker(mutex)));
    INFO(second.out << second.err);
    CHECK(second.end == "1");
    CHECK(has(second.err, "worker: this kernel, or a filter of calls, knows no robust lists"));
    CHECK(has(second.err, "no process is told without robust lists"));
    CHECK_FALSE(has(second.err, "the next one is told"));
    first.type("\n");
    const Finished finished = first.finish();
    CHECK(finished.end == "0");
    CHECK(finished.err.rfind("worker: this kernel, or a filter", 0) == 0);  // before all else
    CHECK(place.left().empty());

    // Forbidden to ask, and there: nothing is said.
    const Finished asked = run(injected("get_robust_list:error=EPERM", place.worker(mutex)));
    CHECK(asked.end + asked.err == "0");
    CHECK(run(place.worker(mutex)).err.empty());
    CHECK(run(injected(none, place.worker())).err.empty());  // System V needs none
}

TEST_CASE("a holder in another pid namespace is not named by a number of that one") {
    if (run(apart("--pid", {"true"})).end != "0") return testing::skip("no pid namespace for us");
    const Words soon = {"--lock", "posix", "--timeout-ms", "200"};
    const Words pause = {"--lock", "posix", "--pause"};
    const Place place;
    for (const bool holder_is_apart : {true, false}) {
        const Words first = place.worker(pause);
        const Words second = place.worker(soon);
        Program holder(holder_is_apart ? apart("--pid", first) : first);
        holder.wait_for("until you press Enter");
        const Finished waiter = run(holder_is_apart ? second : apart("--pid", second));
        INFO(waiter.err);
        CHECK(waiter.end == "1");
        CHECK(has(waiter.err, "for another process to leave"));
        CHECK(has(waiter.err, "another process is still inside"));
        holder.type("\n");
        CHECK(holder.finish().end == "0");
        CHECK(place.left().empty());
    }
}

TEST_CASE("where all strangers look like oneself, no segment and no set is taken for one's own") {
    if (run(unmapped({"true"})).end != "0") return testing::skip("no user namespace for us");
    const Place place;
    const std::string refusal = "cannot tell whose it is: this user namespace maps few accounts";
    // To it all are 65534, whether of root's, of ours or of a stranger's.
    Program producer(place.producer({"--messages", "1"}));
    producer.wait_for("Sent message 1");
    for (const Words& words : {place.consumer({"--timeout-ms", "200"}), place.producer()}) {
        const Finished finished = run(unmapped(words));
        INFO(finished.out << finished.err);
        CHECK(finished.end == "1");
        CHECK(has(finished.err, refusal));
    }
    CHECK(run(place.consumer({"--messages", "1"})).end == "0");
    CHECK(producer.finish().end == "0");

    Program first(place.worker({"--pause"}));
    first.wait_for("until you press Enter");
    const Finished second = run(unmapped(place.worker({"--timeout-ms", "200"})));
    INFO(second.out << second.err);
    CHECK(second.end == "1");
    CHECK(has(second.err, refusal));
    first.type("\n");
    CHECK(first.finish().end == "0");
    CHECK(place.left().empty());
    CHECK(has(run(unmapped(place.worker())).err, refusal));  // before it makes anything
    CHECK(place.left().empty());
}

TEST_CASE("workers of two IPC namespaces with one /dev/shm have a lock each") {
    if (run(apart("--ipc", {"true"})).end != "0") return testing::skip("no IPC namespace for us");
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        const Place place;
        Program first(place.worker({"--lock", lock, "--pause"}));
        first.wait_for("until you press Enter");
        const Finished apart_one = run(apart("--ipc", place.worker({"--lock", lock})));
        INFO(lock << ": " << apart_one.out << apart_one.err);
        CHECK(apart_one.end == "0");
        CHECK(has(apart_one.out, "Updated count to 1"));  // another section, and another count
        // And has taken nothing away from the first: a third one still waits.
        const Finished third = run(place.worker({"--lock", lock, "--timeout-ms", "100"}));
        CHECK(third.end == "1");
        CHECK(has(third.err, "was not free"));
        first.type("\n");
        CHECK(first.finish().end == "0");
        CHECK(place.left().empty());
    }
}
