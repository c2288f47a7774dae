/// @file
/// Plays the scenes of an exercise with a learner's program in its role, and says what was asked,
/// what happened, and why. `lessons/check` calls it; `grade --help` says how.

#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "tests/harness/grading.hpp"
#include "tests/harness/kill_table.hpp"
#include "tests/harness/tour_page.hpp"
#include "tests/harness/tour_screen.hpp"

#include <getopt.h>  // getopt_long
#include <unistd.h>  // isatty

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::tour;

namespace {

constexpr const char* help =
    R"(usage: grade EXERCISE --programs DIR --put COMMAND [--role ROLE] [--json FILE [--until-failure]] [--quiet | --verbose]
       grade EXERCISE --programs DIR --put COMMAND --kill FILE

Plays the scenes of an exercise, with COMMAND in the learner's role, up to the first that fails.

  EXERCISE        its folder: lessons/02-name/exercise/1-name
  --programs DIR  where the programs of the other roles were built
  --put COMMAND   the learner's program, with the words before its arguments: "python3 mine.py"
  --role ROLE     EXERCISE is a lesson's folder: plays its scenes that say grade = true
  --json FILE     plays all scenes, and writes what came out, as exercism's results.json version 3
  --until-failure with --json: plays no scene after one that fails
  --quiet         shows nothing
  --verbose       shows what happened in scenes that pass, too
  --kill FILE     kills it before each of its system calls; strace notes them in FILE

Exit status: 0 every scene passed, 1 one did not, 2 wrong usage,
77 a scene cannot be played here, 78 none can.)";

constexpr int skipped_status = 77;
constexpr int nothing_played_status = 78;

struct Request {
    fs::path exercise;
    fs::path programs;
    std::string command;
    std::string role;
    std::string json;
    bool until_failure = false;
    bool quiet = false;
    bool verbose = false;
    std::string kill;
};

/// Returns nothing if help was asked for and has been shown.
std::optional<Request> read_command_line(int argc, char** argv) {
    static constexpr std::array<option, 10> options = {
        {{"programs", required_argument, nullptr, 'P'},
         {"put", required_argument, nullptr, 'p'},
         {"role", required_argument, nullptr, 'r'},
         {"json", required_argument, nullptr, 'j'},
         {"until-failure", no_argument, nullptr, 'u'},
         {"quiet", no_argument, nullptr, 'q'},
         {"verbose", no_argument, nullptr, 'v'},
         {"kill", required_argument, nullptr, 'k'},
         {"help", no_argument, nullptr, 'h'},
         {nullptr, 0, nullptr, 0}}};
    opterr = 0;  // the one line about a mistake is ours
    Request request;
    for (;;) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
        const int found = getopt_long(argc, argv, "h", options.data(), nullptr);
        if (found == -1) break;
        switch (found) {
            case 'P':
                request.programs = optarg;
                break;
            case 'p':
                request.command = optarg;
                break;
            case 'r':
                request.role = optarg;
                break;
            case 'j':
                request.json = optarg;
                break;
            case 'u':
                request.until_failure = true;
                break;
            case 'q':
                request.quiet = true;
                break;
            case 'v':
                request.verbose = true;
                break;
            case 'k':
                request.kill = optarg;
                break;
            case 'h':
                shm::say_line(help);
                return std::nullopt;
            default:
                throw shm::UsageError("see grade --help");
        }
    }
    if (argc - optind != 1 || request.command.empty() || request.programs.empty()) {
        throw shm::UsageError("an EXERCISE, --programs and --put are needed; see grade --help");
    }
    request.exercise = argv[optind];
    return request;
}

/// Keeps what happens, to be shown later, or not at all.
class Kept : public Observer {
public:
    void begins(const Scene& scene, const std::vector<Lane>& all) override {
        keep([&scene, all](Observer& to) { to.begins(scene, all); });
    }
    void starts(const Lane& lane, Time time) override {
        keep([lane, time](Observer& to) { to.starts(lane, time); });
    }
    void prints(const Lane& lane, Time time, Stream stream, const std::string& line) override {
        keep([=](Observer& to) { to.prints(lane, time, stream, line); });
    }
    void is_given(const Lane& lane, Time time, const std::string& input) override {
        keep([=](Observer& to) { to.is_given(lane, time, input); });
    }
    void is_killed(const Lane& lane, Time time, const std::string& how) override {
        keep([=](Observer& to) { to.is_killed(lane, time, how); });
    }
    void ends(const Lane& lane, Time time, const std::string& how) override {
        keep([=](Observer& to) { to.ends(lane, time, how); });
    }

    void show(Observer& to) const {
        for (const auto& one : events_) one(to);
    }

private:
    void keep(std::function<void(Observer&)> event) { events_.push_back(std::move(event)); }

    std::vector<std::function<void(Observer&)>> events_;
};

void show_verdict(const Page& page, const Graded& graded) {
    page.blank();
    switch (graded.result.verdict) {
        case Result::Verdict::passed:
            page.text("As asked.", "1;32",
                      graded.scene->leaves.empty()
                          ? "Nothing is left behind."
                          : fmt::format("Left behind is what should be: {}.",
                                        fmt::join(graded.scene->leaves, ", ")));
            break;
        case Result::Verdict::failed:
            show_failure(page, graded);
            break;
        case Result::Verdict::skipped:
            page.text("Skipped:", "1;33", graded.result.report);
            break;
    }
    page.blank();
}

void show_scene(const Page& page, const Exercise& exercise, const Scene& scene,
                const std::string& count) {
    page.rule();
    page.title(fmt::format("Exercise {} · {}", exercise.scenes.number, exercise.scenes.title),
               count);
    page.text(sentence(scene.name), "1", scene.say, 0);
    page.blank();
}

/// Shows the scene as it happens.
Graded show_and_grade(const Request& request, const Exercise& exercise, const Scene& scene,
                      const std::string& count) {
    const Page page(screen_now());
    show_scene(page, exercise, scene, count);
    Live live(page.screen(), false);
    Graded graded = grade(exercise, scene, request.programs, live);
    show_verdict(page, graded);
    return graded;
}

/// Shows the scene if it does not pass; else one line.
Graded grade_and_show(const Request& request, const Exercise& exercise, const Scene& scene,
                      const std::string& count) {
    Kept kept;
    const bool can_wait = isatty(STDERR_FILENO) == 1;  // somebody looks, and nothing comes yet
    if (can_wait) std::cerr << "\r\033[K  " << count << std::flush;
    Graded graded = grade(exercise, scene, request.programs, kept);
    if (can_wait) std::cerr << "\r\033[K" << std::flush;
    const Page page(screen_now());
    if (graded.result.verdict == Result::Verdict::passed) {
        page.text("As asked.", "1;32", fmt::format("{} ({})", sentence(scene.name), count));
        return graded;
    }
    show_scene(page, exercise, scene, count);
    Live live(page.screen(), false);
    kept.show(live);
    show_verdict(page, graded);
    return graded;
}

nlohmann::ordered_json as_json(const Graded& graded) {
    const bool passed = graded.result.verdict == Result::Verdict::passed;
    nlohmann::ordered_json test = {{"name", graded.scene->name},
                                   {"status", passed ? "pass" : "fail"}};
    if (!passed) {
        std::string message = "Asked: " + graded.scene->asks + "\n";
        if (graded.result.wrong.empty()) message += graded.result.report;
        for (const std::string& one : graded.result.wrong) message += one + "\n";
        if (!graded.explanation.empty()) message += "Why: " + graded.explanation + "\n";
        test["message"] = message;
    }
    std::string output;
    for (const std::string& line : graded.said) output += line + "\n";
    test["output"] = output.substr(0, 500);  // as much as that service shows
    return test;
}

void write_json(const std::string& file, const std::vector<Graded>& all, bool passed) {
    nlohmann::ordered_json results = {{"version", 3}, {"status", passed ? "pass" : "fail"}};
    results["tests"] = nlohmann::ordered_json::array();
    for (const Graded& one : all) results["tests"].push_back(as_json(one));
    std::ofstream out(file);
    out << results.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    out.close();
    if (!out) throw shm::Failure(file + " cannot be written");
}

Graded grade_as_asked(const Request& request, const Exercise& exercise, const Scene& scene,
                      const std::string& count) {
    Observer nobody;
    if (request.quiet) return grade(exercise, scene, request.programs, nobody);
    return request.verbose ? show_and_grade(request, exercise, scene, count)
                           : grade_and_show(request, exercise, scene, count);
}

int run(int argc, char** argv) {
    shm::set_program_name("lessons/check");  // what the reader typed
    const std::optional<Request> request = read_command_line(argc, argv);
    if (!request) return 0;
    Exercise exercise = request->role.empty()
                            ? load_exercise(request->exercise)
                            : load_graded_lesson(request->exercise, request->role);
    if (!request->kill.empty()) {
        return kill_everywhere(exercise, {request->programs, request->command, request->kill});
    }
    std::vector<Scene>& scenes = exercise.scenes.scenes;
    for (Scene& scene : scenes) scene = graded_scene(scene, exercise.role, request->command);
    std::vector<Graded> all;
    for (std::size_t i = 0; i < scenes.size(); ++i) {
        const std::string count = fmt::format("scene {} of {}", i + 1, scenes.size());
        all.push_back(grade_as_asked(*request, exercise, scenes[i], count));
        const bool failed = all.back().result.verdict == Result::Verdict::failed;
        if (failed && (request->json.empty() || request->until_failure)) break;
    }
    const auto is = [&](Result::Verdict verdict) {
        return [verdict](const Graded& one) { return one.result.verdict == verdict; };
    };
    const bool failed = std::any_of(all.begin(), all.end(), is(Result::Verdict::failed));
    const bool skipped = std::any_of(all.begin(), all.end(), is(Result::Verdict::skipped));
    const bool passed = std::any_of(all.begin(), all.end(), is(Result::Verdict::passed));
    if (!request->json.empty()) write_json(request->json, all, !failed && !skipped);
    if (failed) return 1;
    return !skipped ? 0 : passed ? skipped_status : nothing_played_status;
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");  // tells whether the terminal takes UTF-8
    return shm::program(
        1, argv, "", [](shm::Options&) {}, [&] { return run(argc, argv); });
}
