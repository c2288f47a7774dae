/// @file
/// Exercises: a scene that ends when nothing in it can go on, and a learner's program in it.

#include "tests/harness/selftest.hpp"

#include <fmt/core.h>

using namespace harness;
using namespace harness::selftest;

namespace {

/// Plays a scene of this body as one of an exercise: `command` is the learner's, in the role "one".
Result grade(const std::string& body, const std::string& command = {}) {
    const LessonFolder folder(lesson_with(body));
    Lesson lesson = load_lesson(folder.path());
    Scene& scene = lesson.scenes.at(0);
    scene.ends_at_rest = true;
    if (!command.empty()) scene = graded_scene(scene, "one", command);
    Settings settings;
    settings.programs = HARNESS_PROGRAMS;
    Observer nobody;
    return run_scene(lesson, scene, settings, nobody);
}

constexpr const char* alone = R"(
[[scene.process]]
role = "one"
run = "one"
prints = "done"
)";

/// The same with an argument, which the scene gives.
std::string with(const std::string& argument) {
    return "[[scene.process]]\nrole = \"one\"\nrun = \"one " + argument + "\"\nprints = \"done\"\n";
}

}  // namespace

TEST_CASE("a scene ends when every process sleeps without a time limit, and says in which call") {
    CHECK_FAILS_WITH(grade(R"(
[[scene.process]]
role = "one"
run = "actor forever"
[[scene.process]]
role = "two"
run = "actor say ready line"
)"),
                     "one: sleeps in pause, without a time limit, after 0 lines");
}

TEST_CASE("of a process that hangs it is said what it has printed of a line") {
    CHECK_FAILS_WITH(grade(alone, "actor part done forever"),
                     "after 0 lines; it has printed 'done', and no end of the line");
}

TEST_CASE("a process that waits in open for the other end of a FIFO hangs") {
    CHECK_FAILS_WITH(grade(with("{dir}"), "sh -c 'mkfifo $0/fifo; exec <$0/fifo'"),
                     "one: sleeps in openat, without a time limit");
}

TEST_CASE(
    "a process that hangs in semop is said to do so, whichever call the C library makes of it") {
    CHECK_FAILS_WITH(grade(with("{key}"), "actor wait-semaphore"),
                     "one: sleeps in semop, without a time limit");
}

TEST_CASE("a wait for events without a time limit hangs, and one with a limit does not") {
    const auto program = [](const std::string& kind, const std::string& limit) {
        return fmt::format(
            "python3 -c 'import os, select\nevents = select.{}()\n"
            "events.register(os.pipe()[0])\nevents.poll({})\nprint(\"done\")\nevents.poll()'",
            kind, limit);
    };
    CHECK_FAILS_WITH(grade(alone, program("poll", "500")),
                     "one: sleeps in poll, without a time limit, after 1 line");
    CHECK_FAILS_WITH(grade(alone, program("epoll", "0.5")),
                     "one: sleeps in epoll_wait, without a time limit, after 1 line");
}

TEST_CASE("in a learner's own words no word is given") {
    CHECK_PASSES(grade(with("{key}"), "sh -c 'case {key}$0 in ?key?0x*) echo done ;; esac'"));
}

TEST_CASE("what a process prints when what hangs is ended is not looked at") {
    const Result result =
        grade(alone, "sh -c 'trap \"echo late; exit\" TERM; while :; do sleep 0.01; done'");
    CHECK_FAILS_WITH(result, "came:     the end of the output");
    CHECK(!has(result.wrong.at(0), "late"));
}

TEST_CASE("what waits for the end of a learner's program waits for the helper that it left, too") {
    // The helper ends when its parent has ended, and some time after that.
    CHECK_PASSES(grade(std::string(alone) + R"(
[[scene.process]]
role = "two"
run = "true"
when = { process = "one", ends = true }
)",
                       "sh -c 'echo done; (while kill -0 $$; do :; done; sleep 0.2) &'"));
}

TEST_CASE("a process that looks again and again hangs, whoever sleeps for it") {
    CHECK_FAILS_WITH(grade(alone, "python3 -c 'import time\nwhile True: time.sleep(0.001)'"),
                     "it has looked again");
    CHECK_FAILS_WITH(grade(alone, "sh -c 'while :; do sleep 0.001; done'"), "it has looked again");
}

TEST_CASE("a process that runs in its loop hangs") {
    CHECK_FAILS_WITH(grade(alone, "sh -c 'while :; do :; done'"), "runs in a loop, for 2");
}

TEST_CASE("a process that sleeps for a time does not hang") {
    CHECK_PASSES(grade(alone, "sh -c 'sleep 0.5; echo done'"));
}

TEST_CASE("input comes when another process does nothing but wait, and not before") {
    CHECK_PASSES(grade(R"(
[[scene.process]]
role = "one"
run = "sh -c 'sleep 0.2; echo awake; read line; echo done'"
prints = """
awake
done
"""
input = { when = { process = "two", ends = true }, text = "\n" }
[[scene.process]]
role = "two"
run = "actor line say done"
input = { when = { process = "one", idles = true }, text = "\n" }
prints = """
line?
done
"""
[[scene.process]]
role = "three"
run = "sh -c 'read line'"
input = { when = { process = "one", prints = "awake" }, text = "\n" }
)"));
}

TEST_CASE("a process that waits idles, also if a helper thread of it sleeps for a time") {
    const auto with_helper = [](const std::string& then) {
        // After it has started, which may take it many sleeps.
        return grade(
            R"(timeout_s = 20
[[scene.process]]
role = "one"
run = "one"
prints = """
ready
done
"""
input = { when = [{ prints = "ready" }, { idles = true }], text = "\n" }
)",
            "python3 -c 'import select, threading, time\nthreading.Thread(target=time.sleep, "
            "args=(1000,), daemon=True).start()\nprint(\"ready\")\n" +
                then + "'");
    };
    CHECK_PASSES(with_helper("input()\nprint(\"done\")"));
    // While each thread sleeps for a time, it does not.
    CHECK_PASSES(
        with_helper("time.sleep(1.5)\nprint(\"early\" if select.select([0], [], [], 0)[0] "
                    "else \"done\")"));
}

TEST_CASE("a learner's program prints to a terminal, and says on standard error what it likes") {
    CHECK_PASSES(grade(alone, "sh -c 'test -t 1 && echo done; echo chatter >&2'"));
    CHECK_FAILS_WITH(play("[[scene.process]]\nrole = \"one\"\nrun = \"sh -c 'test -t 1'\"\n"),
                     "did not end as expected");
}

TEST_CASE("Ctrl-S stops what a learner's program prints, and Ctrl-Q lets it go on") {
    constexpr const char* stopped = R"(
[[scene.process]]
role = "one"
run = "one"
prints = "done"
input = [
  { text = "\u0013" },
  { text = "\n" },
  { when = { process = "two", ends = true }, text = "\u0011" },
]
[[scene.process]]
role = "two"
run = "actor line"
prints = "line?"
input = { when = { process = "one", waits_in = "write" }, text = "\n" }
)";
    CHECK_PASSES(grade(stopped, "sh -c 'read line; echo done'"));
}

TEST_CASE("a learner's program that ends by an exception of Python refuses nothing") {
    constexpr const char* refusal =
        "[[scene.process]]\nrole = \"one\"\nrun = \"one\"\nprints = \"\"\nexit = 1\n";
    CHECK_PASSES(grade(refusal, "python3 -c 'exit(1)'"));
    CHECK_FAILS_WITH(grade(refusal, "python3 -c 'raise ValueError'"), "that is no refusal");
}

TEST_CASE("of a learner's program that hangs it is said what it should have printed next") {
    const Result result = grade(alone, "actor forever");
    REQUIRE(result.wrong.size() == 2);
    CHECK(has(result.wrong[0], "one: sleeps in pause"));  // the cause first
    CHECK(has(result.wrong[1], "expected: 'done'"));
}

TEST_CASE("a learner's program that prints without end is stopped") {
    CHECK_FAILS_WITH(grade(alone, "yes"), "stopped after 11 lines of output");
    CHECK_FAILS_WITH(grade(alone, "sh -c 'exec yes >&2'"), "lines of output");
}

TEST_CASE("an exercise says what it asks in each scene, and a lesson has no mistakes to explain") {
    CHECK_THROWS_AS(
        load_lesson(LessonFolder(lesson_with("asks = \"?\"" + std::string(alone))).path()),
        SceneError);
}

TEST_CASE("a process whose calls are counted does not hang while it starts") {
    const std::string started = "import os\nfor i in range(2000): os.getppid()\nprint('done')";
    CHECK_PASSES(
        grade(std::string(alone) + "most_calls = 100000\n", "python3 -c \"" + started + "\""));
}

TEST_CASE("a tracer that has not begun to trace, or has ended to, does not hang") {
    CHECK_PASSES(
        grade(with("{dir}"), "sh -c 'cp $(command -v sleep) $0/strace; $0/strace 1; echo done'"));
}

TEST_CASE("a process whose calls are counted, and that looks again and again, hangs") {
    CHECK_FAILS_WITH(grade(std::string(alone) + "most_calls = 100000\n",
                           "python3 -c 'import time\nwhile True: time.sleep(0.0001)'"),
                     "it has looked again");
}
