/// @file
/// For each thing that a scene can assert: a scene that must fail, and does, for that reason.

#include "tests/harness/selftest.hpp"

using namespace harness;
using namespace harness::selftest;

TEST_CASE("a scene that goes as written passes") {
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor pid say 'key {key} {name}' note careful part end"
prints = """
pid {self}
key {key} {name}
{word}
"""
errors = "actor: careful"
)"));
}

TEST_CASE("an executable that does not exist is named") {
    CHECK_FAILS_WITH(play("[[scene.process]]\nrole = \"one\"\nrun = \"no_such_program\"\n"),
                     "no program 'no_such_program'");
}

TEST_CASE("a missing line is found") {
    const Result result = play(R"(
[[scene.process]]
role = "one"
run = "actor say first"
prints = """
first
second
"""
[[scene.process]]
role = "two"
run = "actor say 'from two'"
)");
    CHECK_FAILS_WITH(result, "one: line 2 of its standard output");
    CHECK_FAILS_WITH(result, "expected: 'second'\n  came:     the end of the output");
    CHECK_FAILS_WITH(result, "from two");
    CHECK_FAILS_WITH(result, "--scene 'a scene'");
    CHECK_FAILS_WITH(result, "lesson.toml:3: ");
}

TEST_CASE("an extra line is found") {
    const Result result = play(R"(
[[scene.process]]
role = "one"
run = "actor say first say second"
prints = "first"
)");
    CHECK_FAILS_WITH(result, "expected: the end of the output\n  came:     'second'");
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say first"
prints = ""
)"),
                     "came:     'first'");
}

TEST_CASE("a wrong order is found") {
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say first say second"
prints = """
second
first
"""
)"),
                     "expected: 'second'\n  came:     'first'");
}

TEST_CASE("a line that never came after any number of lines is found") {
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say a say b say c"
prints = """
...
b
...
d
"""
)"),
                     "expected: 'd'\n  came:     the end of the output");
}

TEST_CASE("a word that changes its meaning within a process is found, unless it is starred") {
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say 'n 1' say 'n 2'"
prints = """
n {n}
n {n}
"""
)"),
                     "expected: 'n {n}'\n  came:     'n 2'");
    CHECK_PASSES(play(R"(
[[scene.process]]
role = "one"
run = "actor say 'n 1' say 'n 2'"
prints = """
n {n*}
n {n*}
"""
)"));
}

TEST_CASE("a pid that is not the process's own is found") {
    CHECK_FAILS_WITH(play("[[scene.process]]\nrole = \"one\"\nrun = \"actor say 1\"\n"
                          "prints = \"{self}\"\n"),
                     "line 1 of its standard output");
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say ready"
[[scene.process]]
role = "two"
run = "actor pid"
prints = "pid {pid of one}"
)"),
                     "two: line 1 of its standard output");
}

TEST_CASE("values that must be the same in all processes, and are not, are found") {
    const std::string two = R"(
[[scene.process]]
role = "one"
run = "actor say 'id 1'"
prints = "id {id}"
[[scene.process]]
role = "two"
run = "actor say 'id 2'"
prints = "id {id}"
)";
    CHECK_FAILS_WITH(play("same = [\"id\"]" + two),
                     "{id} across the processes\n  expected: the same everywhere\n  came:     1 "
                     "from one, 2 from two");
    CHECK_PASSES(play("different = [\"id\"]\none_to_n = [\"id\"]" + two));
}

TEST_CASE("values that must be different, or 1 to N, and are not, are found") {
    const std::string alike = R"(
[[scene.process]]
role = "one"
count = 2
run = "actor say 'id 2'"
prints = "id {id}"
)";
    CHECK_FAILS_WITH(play("different = [\"id\"]" + alike), "2 from one 1, 2 from one 2");
    CHECK_FAILS_WITH(play("one_to_n = [\"id\"]" + alike), "expected: 1 to N, each once");
    CHECK_PASSES(play("same = [\"id\"]" + alike));
    CHECK_FAILS_WITH(play(R"(
one_to_n = ["id"]
[[scene.process]]
role = "one"
count = 2
run = "actor say 'id 1'"
prints = "id {id}"
)"),
                     "1 from one 1, 1 from one 2");
}

TEST_CASE("a line that not exactly one process prints is found") {
    CHECK_FAILS_WITH(play(R"(
exactly_one = ["made {n}"]
[[scene.process]]
role = "one"
count = 2
run = "actor say 'made 1' say ready"
prints = "ready"
)"),
                     "expected: from exactly one process\n  came:     from one 1, one 2");
    CHECK_FAILS_WITH(play(R"(
exactly_one = ["made {n}"]
[[scene.process]]
role = "one"
run = "actor say ready"
prints = "ready"
)"),
                     "came:     from none");
    CHECK_PASSES(play(R"(
exactly_one = ["made {n}"]
[[scene.process]]
role = "one"
run = "actor say 'made 1' say ready"
prints = "ready"
[[scene.process]]
role = "two"
run = "actor say ready"
prints = "ready"
)"));
}

TEST_CASE("a wrong exit status is found") {
    CHECK_FAILS_WITH(play("[[scene.process]]\nrole = \"one\"\nrun = \"actor exit 3\"\n"),
                     "one: did not end as expected\n  expected: 0\n  came:     3");
    CHECK_FAILS_WITH(play("[[scene.process]]\nrole = \"one\"\nrun = \"actor\"\nexit = 1\n"),
                     "expected: 1\n  came:     0");
}

TEST_CASE("a wrong signal is found") {
    CHECK_FAILS_WITH(
        play("[[scene.process]]\nrole = \"one\"\nrun = \"actor\"\nsignal = \"SEGV\"\n"),
        "expected: SIGSEGV\n  came:     0");
    CHECK_FAILS_WITH(
        play("[[scene.process]]\nrole = \"one\"\nrun = \"actor crash\"\nsignal = \"BUS\"\n"),
        "expected: SIGBUS\n  came:     SIGSEGV");
    CHECK_PASSES(
        play("[[scene.process]]\nrole = \"one\"\nrun = \"actor crash\"\nsignal = \"SEGV\"\n"));
}

TEST_CASE("standard error that was not expected is found") {
    CHECK_FAILS_WITH(play("[[scene.process]]\nrole = \"one\"\nrun = \"actor note oops\"\n"),
                     "line 1 of its standard error is not as expected\n  expected: the end of the "
                     "output\n  came:     'actor: oops'");
    CHECK_FAILS_WITH(
        play("[[scene.process]]\nrole = \"one\"\nrun = \"actor\"\nerrors = \"actor: oops\"\n"),
        "expected: 'actor: oops'");
}

TEST_CASE("a process that hangs is found, with the system call that it sleeps in") {
    CHECK_FAILS_WITH(play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor say here forever"
)"),
                     "Not finished within 1 s:\n  one: sleeps in pause, after 1 line");
}

TEST_CASE("a process that waits for what never comes is found at once") {
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say hello"
[[scene.process]]
role = "two"
run = "actor"
when = { process = "one", prints = "goodbye" }
)"),
                     "two: not started; it waits until one prints 'goodbye'");
}

TEST_CASE("a process that ignores SIGTERM is killed and named") {
    const Result result = play(R"(
timeout_s = 1
[[scene.process]]
role = "one"
run = "actor ignore-term say here forever"
)");
    CHECK_FAILS_WITH(result, "one: did not end by SIGTERM, and was killed");
    CHECK_FAILS_WITH(result, "[ended: SIGKILL]");
}

TEST_CASE("a kill that never came is found") {
    CHECK_FAILS_WITH(play(R"(
[[scene.process]]
role = "one"
run = "actor say hello"
kill = { when = { prints = "goodbye" } }
)"),
                     "one: the kill never came: it ended (0) before what the kill waited for");
}
