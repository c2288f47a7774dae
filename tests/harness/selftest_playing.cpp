/// @file
/// How a scene is played: starts, input, kills, what the processes find around them.

#include "common/program/cleanup.hpp"
#include "common/program/stop.hpp"
#include "tests/harness/selftest.hpp"

#include <grp.h>  // setgroups
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <vector>

using namespace harness;
using namespace harness::selftest;

namespace {

std::string contents(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("input comes when another process sleeps, and starts wait for what was printed") {
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "sleeper"
run = "actor say ready wait-semaphore {key} say woken remove-semaphore {key}"
prints = """
ready
woken
"""
[[scene.process]]
role = "waker"
when = { process = "sleeper", prints = "ready" }
run = "actor line free-semaphore {key} say done"
input = { when = { process = "sleeper", waits_in = "semop" }, text = "\n" }
prints = """
line?
done
"""
)"));
}

TEST_CASE("some instances are enough where the scene says so") {
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "sleeper"
run = "actor say ready line"
count = 2
input = { when = [ { process = "one", ends = true }, { prints = "line" } ], text = "\n" }
[[scene.process]]
role = "one"
run = "actor"
when = { process = "sleeper", prints = "ready", instances = 1 }
)"));
}

TEST_CASE("an input that is empty ends standard input") {
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor until-eof"
input = { text = "" }
)"));
}

TEST_CASE("a kill ends a process by its signal, and the rest goes on") {
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor say ready forever"
kill = { when = { prints = "ready" }, signal = "INT" }
[[scene.process]]
role = "two"
run = "actor say after"
when = { process = "one", ends = true }
prints = "after"
)"));
}

TEST_CASE("a process is killed in place of a system call, on the path that is meant") {
    const Result result = play(R"(
leaves = ["object"]
[[scene.process]]
role = "one"
run = "actor object {name} say made size {name} say sized"
prints = "made"
kill = { before = "ftruncate", path = "{name}" }
)");
    if (result.verdict == Result::Verdict::skipped) return testing::skip(result.report);
    CHECK_PASSES(result);
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say hello"
kill = { before = "ftruncate", call = 2 }
)"),
                     "the kill never came: it ended (0) before its call 2 of ftruncate");
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say hello"
kill = { before = "no_such_call" }
)"),
                     "no_such_call");
}

TEST_CASE("a process finds no signal blocked or ignored") {
    shm::catch_stop_signals();  // as the programs that use the harness do
    std::signal(SIGPIPE, SIG_IGN);
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor signals"
prints = """
SigBlk:	0000000000000000
SigIgn:	0000000000000000
"""
)"));
}

TEST_CASE("an ordinary user has no more rights in a scene than before") {
    if (geteuid() == 0) return testing::skip("needs an ordinary user");
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor rights uid"
prints = """
CapEff:	0000000000000000
uid {uid}
"""
)"));
}

TEST_CASE("another user is really another") {
    // What root has of groups, a process of another user would have, too, unless it gave them up.
    std::vector<gid_t> groups(static_cast<std::size_t>(getgroups(0, nullptr)));
    getgroups(static_cast<int>(groups.size()), groups.data());
    const gid_t group = 4242;
    const bool has_group = setgroups(1, &group) == 0;  // root may
    const shm::Cleanup restore([&] {
        if (has_group) setgroups(groups.size(), groups.data());
    });
    const Result result = play(R"(
[[scene.process]]
role = "one"
run = "actor uid groups rights"
user = "other"
prints = """
uid 65534
groups 0
CapEff:	0000000000000000
"""
)");
    if (result.verdict == Result::Verdict::skipped) return testing::skip(result.report);
    CHECK_PASSES(result);
}

TEST_CASE("another user runs what lies in a folder that it may not look into") {
    const LessonFolder closed("");  // mode 0700, as /root is
    const std::filesystem::path script = closed.path() / "script";
    std::ofstream(script) << "#!/bin/sh\necho the script got $1\n";
    const std::filesystem::path program = closed.path() / "program";
    std::filesystem::copy_file(HARNESS_PROGRAMS "/actor", program);
    for (const std::filesystem::path& file : {script, program}) {
        std::filesystem::permissions(file, std::filesystem::perms(0755));
    }
    const Result result = play(R"(
[[scene.process]]
role = "script"
run = ")" + script.string() + R"( it"
user = "other"
prints = "the script got it"
[[scene.process]]
role = "program"
run = ")" + program.string() + R"( uid"
user = "other"
prints = "uid 65534"
)");
    if (result.verdict == Result::Verdict::skipped) return testing::skip(result.report);
    CHECK_PASSES(result);
}

TEST_CASE("what was really printed is recorded") {
    const LessonFolder folder("");
    Settings settings;
    settings.record = folder.path() / "record";
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor say hello note careful"
errors = "actor: careful"
[[scene.process]]
role = "two"
count = 2
run = "actor say world"
when = { process = "one", ends = true }
[[scene.process]]
role = "three"
run = "actor exit 3"
exit = 3
[[scene.process]]
role = "four"
run = "actor crash"
signal = "SEGV"
)",
                      settings));
    const std::filesystem::path scene = settings.record / "a-scene";
    CHECK(contents(scene / "one.txt") == "$ actor say hello note careful\nhello\nactor: careful\n");
    CHECK(contents(scene / "two-2.txt") == "$ actor say world\nworld\n");
    CHECK(has(contents(scene / "all.txt"), "one │ hello\n"));
    CHECK(has(contents(scene / "all.txt"), "two 1 │ world\n"));
    CHECK(contents(scene / "three.txt") == "$ actor exit 3\n[exit status 3]\n");
    CHECK(contents(scene / "four.txt") == "$ actor crash\n[ended by SIGSEGV]\n");
    CHECK(has(contents(scene / "all.txt"), "three │ [exit status 3]\n"));
}

TEST_CASE("a scene stands for several where it says for each") {
    const LessonFolder folder(lesson_with(R"(
for_each = { word = ["a", "b"], n = ["1", "2"] }
[[scene.process]]
role = "one"
run = "actor say {word}"
prints = "{word}"
)" + std::string("[[scene]]\nname = \"more {x}\"\nsay = \"x\"\nfor_each = { x = [\"c\", \"d\"] }\n"
                 "[[scene.process]]\nrole = \"one\"\nrun = \"actor say {x}\"\n")));
    // The first two have the same name: that is an error, and says so.
    try {
        load_lesson(folder.path());
        CHECK(false);
    } catch (const SceneError& error) {
        CHECK(has(error.what(), "lesson.toml:4: a second scene 'a scene'"));
    }
    const LessonFolder better(
        "title = \"A\"\ngoal = \"B\"\n[[scene]]\nname = \"more {x}\"\nsay = \"x\"\nfor_each = { x "
        "= "
        "[\"c\", \"d\"] }\n[[scene.process]]\nrole = \"one\"\nrun = \"actor say {x}\"\n");
    const Lesson lesson = load_lesson(better.path());
    REQUIRE(lesson.scenes.size() == 2);
    CHECK(lesson.scenes[1].name == "more d");
    CHECK(lesson.scenes[1].processes[0].run == "actor say d");
}
