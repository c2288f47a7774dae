/// @file
/// A malformed lesson.toml: file, line, what was found, what was expected.

#include "tests/harness/selftest.hpp"

using namespace harness;
using namespace harness::selftest;

namespace {

std::string error_of(const std::string& toml) {
    const LessonFolder folder(toml);
    try {
        load_lesson(folder.path());
    } catch (const SceneError& error) {
        std::string text = error.what();
        const std::string file = (folder.path() / "lesson.toml").string();
        if (text.compare(0, file.size(), file) == 0) return text.substr(file.size());
        return text;
    }
    return "no error";
}

/// The process begins on line 6.
std::string error_of_process(const std::string& lines) {
    return error_of(lesson_with("[[scene.process]]\nrole = \"one\"\nrun = \"x\"\n" + lines));
}

std::string error_of_scene(const std::string& line) {
    return error_of(lesson_with(line + "\n[[scene.process]]\nrole = \"one\"\nrun = \"x\"\n"));
}

struct Example {
    const char* text;
    const char* error;  // the beginning of it, and after "…" what it also says
};

void check_all(const std::vector<Example>& examples, std::string (*error)(const std::string&)) {
    for (const auto& [text, expected] : examples) {
        const std::string came = error(text);
        const std::string both = expected;
        const std::size_t gap = both.find("...");
        INFO(text << "\ncame: " << came << "\nexpected: " << expected);
        CHECK(came.compare(0, std::min(gap, both.size()), both.substr(0, gap)) == 0);
        if (gap != std::string::npos) CHECK(has(came, both.substr(gap + 3)));
    }
}

}  // namespace

TEST_CASE("a lesson.toml that is whole is read") {
    CHECK(error_of_scene("why = \"because\"") == "no error");
}

TEST_CASE("what is wrong with a lesson is said with its line") {
    check_all({{"title = ", ":1: ...expected TOML"},
               {"goal = \"x\"", ":1: lesson.toml without 'title'; expected a string"},
               {"title = \"x\"\ngoal = 1", ":2: 'goal' is an integer; expected a string"},
               {"title = \"x\"\ngoal = \"y\"\nscenes = 1",
                ":3: unknown key 'scenes' in lesson.toml; expected one of title, goal, scene"},
               {"title = \"x\"\ngoal = \"y\"\nscene = 1",
                ":3: 'scene' is an integer; expected a table, or a list of tables"},
               {"title = \"x\"\ngoal = \"y\"\n[[scene]]\nsay = \"x\"",
                ":3: [[scene]] without 'name'; expected a string"}},
              error_of);
}

TEST_CASE("what is wrong with a scene is said with its line") {
    check_all({{"sya = \"x\"", ":6: unknown key 'sya' in [[scene]]; expected one of name, say, "},
               {"broken = 1", ":6: 'broken' is an integer; expected true or false"},
               {"needs = [\"luck\"]", ":6: unknown 'luck' in 'needs'; expected some of namespaces"},
               {"needs = \"root\"", ":6: 'needs' is a string; expected a list of strings"},
               {"needs = [1]", ":6: 'needs' holds an integer; expected a list of strings"},
               {"shm_size = \"64 KiB\"", ":6: '64 KiB' as a size; expected e.g. 64K"},
               {"shm_size = 64", ":6: 'shm_size' is an integer; expected a string"},
               {"leaves = [\"crumbs\"]", ":6: unknown 'crumbs' in 'leaves'; expected some of seg"},
               {"timeout_s = 0", ":6: 'timeout_s' is 0; expected a whole number from 1 to 600"},
               {"timeout_s = 1.5", ":6: 'timeout_s' is a floating-point; expected a whole number"},
               {"same = [\"pid\"]", ":6: unknown 'pid' in 'same'"},
               {"for_each = { a = [\"1\"], b = [\"1\", \"2\"] }",
                ":6: 2 values for 'b'; expected as many as the other words have"},
               {"for_each = { key = [\"1\"] }", ":6: 'key' in for_each; expected a word that"}},
              error_of_scene);
    CHECK(error_of(lesson_with("")) == ":3: a scene without processes; expected [[scene.process]]");
    CHECK(error_of(lesson_with("read = \"a\"\nread_deeper = \"b\"\n")) ==
          ":7: a scene is read on at one place; expected read or read_deeper");
}

TEST_CASE("what is wrong with a process is said with its line") {
    check_all(
        {{"prinst = \"\"",
          ":9: unknown key 'prinst' in [[scene.process]]...one of role, name, run"},
         {"count = 0", ":9: 'count' is 0; expected a whole number from 1 to 1000"},
         {"exit = 256", ":9: 'exit' is 256; expected a whole number from 0 to 255"},
         {"exit = 1\nsignal = \"INT\"", ":10: both 'exit' and 'signal'; expected one of them"},
         {"signal = \"SIGINT\"", ":9: unknown signal 'SIGINT'; expected its name without SIG"},
         {"user = \"root\"", ":9: user 'root'; expected 'other'"},
         {"environment = [\"A\"]", ":9: 'A'; expected NAME=value"},
         {"environment = [\"A={kye}\"]", ":9: unknown {kye} in 'environment'...{key2}"},
         {"prints = \"{pid of two}\"",
          ":9: no process 'two' for {pid of two}; expected one of one"},
         {"when = { process = \"two\", ends = true }", ":9: no process 'two' in this scene"},
         {"when = { ends = true }", ":9: a start that waits for the process itself"},
         {"when = { process = \"one\" }", ":9: a condition of 0 kinds; expected exactly one of"},
         {"when = { process = \"one\", ends = true, prints = \"x\" }",
          ":9: a condition of 2 kinds"},
         {"when = { process = \"one\", ends = false }", ":9: ends = false; expected ends = true"},
         {"when = { process = \"one\", waits_in = \"slepe\" }",
          ":9: unknown system call 'slepe'; expected one of semtimedop"},
         {"when = { process = \"one\", held = 0 }", ":9: 'held' is 0; expected a whole number"},
         {"hold = { before = \"slepe\" }",
          ":9: unknown system call 'slepe'; expected one of semtimedop...shmget"},
         {"hold = { before = \"semop\" }", ":9: a hold without 'until'"},
         {"hold = { until = { prints = \"x\" } }", ":9: a hold with none or several of"},
         {"hold = { after_read = { object = \"/x\", at = 6 }, until = { prints = \"x\" } }",
          ":9: 4 bytes at 6; expected 1, 2, 4 or 8, at a multiple of it"},
         {"kill = { before = \"read\" }\nhold = { before = \"semop\", until = { prints = \"x\" } }",
          ":10: 'hold' beside 'most_calls' or a kill 'before' a call"},
         {"when = 1", ":9: 'when' is an integer; expected a table, or a list of tables"},
         {"input = { }", ":9: input without 'text'; expected a string"},
         {"kill = { }", ":9: a kill with both or neither of 'when' and 'before'"},
         {"kill = { when = { prints = \"x\" }, call = 2 }", ":9: 'call' without 'before'"},
         {"kill = { before = \"read\", signal = \"INT\" }", ":9: 'signal' beside 'before'"},
         {"count = 2\nmost_calls = 9", ":10: 'most_calls' beside 'count'"},
         {"[[scene.process]]\nrole = \"one\"\nrun = \"y\"", ":10: a second process 'one'"}},
        error_of_process);
    CHECK(error_of(lesson_with("[[scene.process]]\nrole = \"one\"\n")) ==
          ":6: [[scene.process]] without 'run'; expected a string");
    CHECK(has(error_of(lesson_with("[[scene.process]]\nrole = \"one\"\nrun = \"x {kye}\"\n")),
              ":8: unknown {kye} in 'run'; expected one of {key}, {key2}"));
    CHECK(has(error_of(lesson_with("[[scene.process]]\nrole = \"one\"\nrun = \"x 'y\"\n")),
              ":8: a ' that is not closed"));
}
