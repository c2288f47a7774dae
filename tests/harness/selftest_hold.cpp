/// @file
/// A process that is held before a system call.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "tests/harness/hold.hpp"
#include "tests/harness/selftest.hpp"
#include "tests/harness/syscalls.hpp"
#include "tests/harness/watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace harness;
using namespace harness::selftest;

namespace {

HeldCall wait_for_held(const shm::Descriptor& listener) {
    for (;;) {
        pollfd asked = {.fd = listener.get(), .events = POLLIN, .revents = 0};
        shm::check(poll(&asked, 1, -1), "poll", "a listener");
        if (const auto held = next_held(listener)) return *held;
    }
}

/// A scene needs it as well: where it cannot be had, there is nothing to be seen.
bool cannot_hold() {
    const std::string why = why_not_held();
    if (!why.empty()) testing::skip(why);
    return !why.empty();
}

bool cannot_watch() {
    const std::string why = why_not_watched();
    if (!why.empty()) testing::skip(why);
    return !why.empty();
}

/// A process that reads the second number of an object twice, and one that may write it.
constexpr const char* reader_and_writer = R"(
[[scene.process]]
role = "reader"
run = "actor map {name} say there line read-twice {name} read-twice {name} unlink {name}"
hold = [
  { after_read = { object = "{name}", at = 4 }, when = { prints = "there" }, until = { process = "writer", prints = "first" } },
  { after_read = { object = "{name}", at = 4 }, until = { process = "writer", prints = "second" } },
]
input = { when = { prints = "there" }, text = "\n" }
prints = """
there
line?
0 7
7 7
"""
[[scene.process]]
role = "writer"
run = "actor line write-number {name} say first line say second"
when = { process = "reader", prints = "there" }
input = [
  { when = { process = "reader", held = 1 }, text = "\n" },
  { when = { process = "reader", held = 2 }, text = "\n" },
]
)";

}  // namespace

TEST_CASE("a process that has read a number stops until the scene lets it go on") {
    if (cannot_watch()) return;
    CHECK_PASSES(play(reader_and_writer));
}

TEST_CASE("the second hold may be behind fewer bytes, at another place") {
    if (cannot_watch()) return;
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor map {name} say there line read-twice {name} unlink {name}"
hold = [
  { after_read = { object = "{name}", at = 4, count = 4 }, when = { prints = "there" }, until = { held = 1 } },
  { after_read = { object = "{name}", at = 6, count = 2 }, until = { held = 2 } },
]
input = { when = { prints = "there" }, text = "\n" }
prints = """
there
line?
0 0
"""
)"));
}

TEST_CASE("a process is stopped in its sleep, and then behind what it reads next") {
    if (cannot_watch()) return;
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "reader"
run = "actor map {name} say there line read-twice {name} unlink {name}"
hold = [
  { asleep = true, when = { prints = "there" }, until = { process = "writer", prints = "first" } },
  { after_read = { object = "{name}", at = 4 }, until = { process = "writer", prints = "second" } },
]
input = { when = { held = 1 }, text = "\n" }
prints = """
there
line?
0 7
"""
[[scene.process]]
role = "writer"
run = "actor line say first line write-number {name} say second"
when = { process = "reader", prints = "there" }
input = [
  { when = { process = "reader", held = 1 }, text = "\n" },
  { when = { process = "reader", held = 2 }, text = "\n" },
]
)"));
}

TEST_CASE("a hold behind a write lets the process read") {
    if (cannot_watch()) return;
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor map {name} say there line read-twice {name} write-number {name} say written unlink {name}"
hold = { after_write = { object = "{name}", at = 4 }, when = { prints = "there" }, until = { process = "two", ends = true } }
input = { when = { prints = "there" }, text = "\n" }
prints = """
there
line?
0 0
written
"""
[[scene.process]]
role = "two"
run = "actor line say held read-twice {name}"
when = { process = "one", prints = "there" }
input = { when = { process = "one", held = 1 }, text = "\n" }
prints = """
line?
held
7 7
"""
)"));
}

TEST_CASE("a watched process is stopped, and goes on, by signals as any other") {
    if (cannot_watch()) return;
    const std::string name = "/harness-stopped-" + std::to_string(getpid());
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    checked::ftruncate(object.get(), 4096);
    checked::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, object.get(), 0);
    const pid_t pid = checked::fork();
    if (pid == 0) {
        for (;;) pause();
    }
    CHECK(watch(pid, {name, 0, 4, false}));
    int status = 0;
    kill(pid, SIGSTOP);
    for (int stops = 0; stops < 2; ++stops) {  // as it gets the signal, and as that stops it
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFSTOPPED(status));
        CHECK(!has_touched(pid, status));
    }
    usleep(10000);
    const std::string its_folder = "/proc/" + std::to_string(pid);
    CHECK(stat_of(its_folder).state == 't');  // it has not gone on
    kill(pid, SIGCONT);
    while (stat_of(its_folder).state != 'S') {
        if (waitpid(pid, &status, WNOHANG) == pid) CHECK(!has_touched(pid, status));
        usleep(1000);
    }
    kill(pid, SIGKILL);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(!watch(pid, {name, 0, 4, false}));
    shm_unlink(name.c_str());
}

TEST_CASE("what a process does not read, or reads beside what is watched, does not stop it") {
    if (cannot_watch()) return;
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor map {name} say there line read-others {name} unlink {name}"
hold = { after_read = { object = "{name}", at = 4 }, when = { prints = "there" }, until = { ends = true } }
input = { when = { prints = "there" }, text = "\n" }
)"),
                     "one: it ended before it was held after it read bytes 4 to 7 of");
    const Result unseen = play(R"(
[[scene.process]]
role = "one"
run = "actor say there line say end"
hold = { after_read = { object = "{name}", at = 4 }, optional = true, when = { prints = "there" }, until = { ends = true } }
input = { when = { prints = "there" }, text = "\n" }
)");
    CHECK(unseen.verdict == Result::Verdict::skipped);
    CHECK(has(unseen.report, "the moment that it is about did not come: one was not held"));
}

TEST_CASE("who is held for ever after it read something is said, and is ended like any other") {
    if (cannot_watch()) return;
    const Result result = play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor map {name} say there line read-twice {name}"
hold = { after_read = { object = "{name}", at = 4 }, when = { prints = "there" }, until = { prints = "never" } }
input = { when = { prints = "there" }, text = "\n" }
)");
    CHECK_FAILS_WITH(result, "held after it read bytes 4 to 7 of");
    CHECK(!has(result.report, "did not end by SIGTERM"));
    const Result watched = play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor map {name} say there line read-twice {name}"
hold = { after_read = { object = "{name}", at = 4 }, when = { prints = "there" }, until = { prints = "never" } }
)");
    CHECK_FAILS_WITH(watched, "Not finished within 1 s");
    CHECK(!has(watched.report, "did not end by SIGTERM"));
}

TEST_CASE("a process sleeps before a call until the scene lets it make it") {
    if (cannot_hold()) return;
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "poster"
run = "actor free-semaphore {key} say posted"
when = { process = "waiter", waits_in = "semop" }
hold = { before = "semop", until = { process = "other", prints = "held" } }
prints = "posted"
[[scene.process]]
role = "waiter"
run = "actor wait-semaphore {key} say woken remove-semaphore {key}"
prints = "woken"
[[scene.process]]
role = "other"
run = "actor line say held"
when = { process = "poster", held = 1 }
input = { when = { process = "waiter", waits_in = "semop" }, text = "\n" }
)"));
}

TEST_CASE("holds come in their order, and other calls are made at once") {
    if (cannot_hold()) return;
    const Result result = play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} free-semaphore {key} wait-semaphore {key} remove-semaphore {key} say end"
hold = [
  { before = "semget", call = 2, until = { process = "two", prints = "first" } },
  { before = "semop", call = 2, until = { process = "two", prints = "second" } },
]
[[scene.process]]
role = "two"
run = "actor say begin line say first line say second"
input = [
  { when = { process = "one", held = 1 }, text = "\n" },
  { when = { process = "one", held = 2 }, text = "\n" },
]
)");
    CHECK_PASSES(result);
}

TEST_CASE("a hold that never comes is a failure") {
    if (cannot_hold()) return;
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} remove-semaphore {key}"
hold = { before = "semop", until = { ends = true } }
)"),
                     "one: it ended before it came to its call 1 of semop (hold 1)");
}

TEST_CASE("a hold that never comes is none if it is optional, and one of several calls is enough") {
    if (cannot_hold()) return;
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} remove-semaphore {key}"
hold = { before = "semop", optional = true, until = { ends = true } }
[[scene.process]]
role = "two"
run = "actor line say end"
input = { when = { any = [{ process = "one", held = 1 }, { process = "one", ends = true }] }, text = "\n" }
)"));
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} free-semaphore {key} remove-semaphore {key} say end"
hold = { before = ["semop", "semget"], call = 2, until = { process = "two", ends = true } }
[[scene.process]]
role = "two"
run = "actor line say end"
input = { when = { process = "one", held = 1 }, text = "\n" }
)"));
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} remove-semaphore {key}"
hold = { before = ["semop", "shmctl"], until = { ends = true } }
)"),
                     "one: it ended before it came to its call 1 of semop or shmctl (hold 1)");
}

TEST_CASE("a hold before a command lets the call's other commands be made") {
    if (cannot_hold()) return;
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} set-semaphore {key} remove-semaphore {key} say end"
hold = { before = 'semctl(SETVAL)', until = { process = "two", ends = true } }
[[scene.process]]
role = "two"
run = "actor line say end"
input = { when = { process = "one", held = 1 }, text = "\n" }
)"));
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor semaphore {key} remove-semaphore {key}"
hold = { before = 'semctl(SETVAL)', until = { ends = true } }
)"),
                     "one: it ended before it came to its call 1 of semctl(SETVAL) (hold 1)");
}

TEST_CASE("who is held before a call does not wait in it") {
    if (cannot_hold()) return;
    const Result result = play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor semaphore {key} wait-semaphore {key}"
hold = { before = "semop", until = { prints = "never" } }
[[scene.process]]
role = "two"
run = "actor line say seen"
input = { when = { process = "one", waits_in = "semop" }, text = "\n" }
prints = "seen"
)");
    CHECK_FAILS_WITH(result, "its next input waits until one sleeps in semop");
}

TEST_CASE("a hold with a time of its own lets the calls before that be made") {
    if (cannot_hold()) return;
    const Result result = play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor semaphore {key} say there line remove-semaphore {key}"
hold = { before = ["semget", "semctl"], when = { prints = "there" }, until = { prints = "never" } }
input = [{ when = { prints = "there" }, text = "\n" }]
prints = "there"
)");
    CHECK_FAILS_WITH(result, "held before semget or semctl until it prints 'never'");
    CHECK(has(result.report, "there"));
}

TEST_CASE("who is held for ever is said, with what would have let it go") {
    if (cannot_hold()) return;
    const Result result = play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor semaphore {key}"
hold = { before = "semget", until = { prints = "never" } }
)");
    CHECK_FAILS_WITH(result, "held before semget until it prints 'never'");
    CHECK(!has(result.report, "did not end by SIGTERM"));
}

TEST_CASE("a process that was stopped while it was held comes to the call again") {
    if (cannot_hold()) return;
    int fds[2];
    shm::check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair", "");
    const shm::Descriptor ours(fds[0]);
    const shm::Descriptor its(fds[1]);
    const pid_t pid = checked::fork();
    if (pid == 0) {
        ask_before({"semget"}, its);
        syscall(SYS_semget, -1, -1, 0);
        _exit(7);
    }
    const shm::Descriptor listener = take_listener(ours);
    const HeldCall before = wait_for_held(listener);
    CHECK(is_call(before.number, "semget"));
    int status = 0;
    kill(pid, SIGSTOP);
    CHECK(waitpid(pid, &status, WUNTRACED) == pid);
    CHECK(WIFSTOPPED(status));
    CHECK(!let_go(listener, before));
    kill(pid, SIGCONT);
    CHECK(let_go(listener, wait_for_held(listener)));
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WEXITSTATUS(status) == 7);
}
