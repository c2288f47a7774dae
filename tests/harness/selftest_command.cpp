/// @file
/// The command `scenes`: its exit statuses, and the tests that it writes for ctest.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "tests/harness/selftest.hpp"

#include <stdio.h>  // popen
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

using namespace harness;
using namespace harness::selftest;

namespace {

struct Ended {
    int status;
    std::string output;
};

Ended run(const std::string& arguments) {
    const std::string command = HARNESS_PROGRAMS "/scenes " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "re");
    if (pipe == nullptr) throw shm::SystemError(errno, "popen", command);
    std::string output;
    char buffer[512];
    while (fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
    return {WEXITSTATUS(pclose(pipe)), output};
}

std::string with_programs(const LessonFolder& folder) {
    return folder.path().string() + " --programs " HARNESS_PROGRAMS;
}

const char* const good = "[[scene.process]]\nrole = \"one\"\nrun = \"actor\"\n";

}  // namespace

TEST_CASE("the command's exit status says how the scene went") {
    const LessonFolder folder(lesson_with(good));
    CHECK(run("run " + with_programs(folder) + " --scene 'a scene'").status == 0);
    const LessonFolder bad(lesson_with(good + std::string("exit = 1\n")));
    const Ended failed = run("run " + with_programs(bad) + " --scene 'a scene'");
    CHECK(failed.status == 1);
    CHECK(has(failed.output, "one: did not end as expected"));
    CHECK(run("run " + with_programs(folder) + " --scene 'another'").status == 2);
    CHECK(run("run").status == 2);
}

TEST_CASE("the command says how it is used when it is asked") {
    const Ended help = run("--help");
    CHECK(help.status == 0);
    CHECK(has(help.output, "scenes run LESSON"));
    CHECK(run("-h").output == help.output);
}

TEST_CASE("a scene that this user may not play is skipped with the reason") {
    const pid_t pid = checked::fork();
    if (pid == 0) {
        if (geteuid() == 0 && setuid(65534) == -1) _exit(1);
        const Result result = play("needs = [\"root\"]\n" + std::string(good));
        const bool skipped = result.verdict == Result::Verdict::skipped;
        _exit(skipped && result.report == "needs root" ? 0 : 1);
    }
    int status = 1;
    shm::check(waitpid(pid, &status, 0), "waitpid", "ordinary user");
    CHECK(status == 0);
}

TEST_CASE("a scene whose program is not in every build is skipped where it is missing") {
    CHECK_PASSES(play("needs = [\"thread_sanitizer\"]\n" + std::string(good)));
    const Result result = play(R"(needs = ["thread_sanitizer"]
[[scene.process]]
role = "one"
run = "broken/nowhere"
)");
    CHECK(result.verdict == Result::Verdict::skipped);
    CHECK(result.report == "needs a program with ThreadSanitizer, which this build leaves out");
}

TEST_CASE("the scenes become ctest tests, and a malformed lesson.toml does not") {
    const LessonFolder folder(lesson_with("timeout_s = 7\n" + std::string(good)));
    const std::filesystem::path file = folder.path() / "tests.cmake";
    const std::string options = " --record /r --output " + file.string();
    CHECK(run("cmake " + with_programs(folder) + options).status == 0);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    CHECK(has(text.str(), "A lesson: a scene]==]"));
    CHECK(has(text.str(), "SKIP_RETURN_CODE 77 TIMEOUT 67"));
    const LessonFolder malformed(lesson_with("why = 1\n"));
    const Ended failed = run("cmake " + with_programs(malformed) + options);
    CHECK(failed.status == 1);
    CHECK(failed.output == (malformed.path() / "lesson.toml").string() +
                               ":6: 'why' is an integer; expected a string\n");
    CHECK(run("list " + folder.path().string()).output == "a scene\n");
}
