/// @file
/// Plays the scenes of an exercise with a learner's program in its role, and says what was asked,
/// what happened, and why. `lessons/check` calls it; `grade --help` says how.

#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "tests/harness/match.hpp"
#include "tests/harness/runner.hpp"
#include "tests/harness/tour_page.hpp"
#include "tests/harness/tour_screen.hpp"

#include <getopt.h>  // getopt_long

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::tour;

namespace {

constexpr const char* help =
    R"(usage: grade EXERCISE --programs DIR --put COMMAND [--role ROLE] [--json FILE [--until-failure]] [--quiet]

Plays the scenes of an exercise, with COMMAND in the learner's role, up to the first that fails.

  EXERCISE        its folder: lessons/02-name/exercise/1-name
  --programs DIR  where the programs of the other roles were built
  --put COMMAND   the learner's program, with the words before its arguments: "python3 mine.py"
  --role ROLE     EXERCISE is a lesson's folder: plays its scenes that say grade = true
  --json FILE     plays all scenes, and writes what came out, as exercism's results.json version 3
  --until-failure with --json: plays no scene after one that fails
  --quiet         shows nothing

Exit status: 0 every scene passed, 1 one did not, 2 wrong usage, 77 a scene cannot be played here.)";

constexpr int skipped_status = 77;

struct Request {
    fs::path exercise;
    fs::path programs;
    std::string command;
    std::string role;
    std::string json;
    bool until_failure = false;
    bool quiet = false;
};

/// Returns nothing if help was asked for and has been shown.
std::optional<Request> read_command_line(int argc, char** argv) {
    static constexpr std::array<option, 8> options = {
        {{"programs", required_argument, nullptr, 'P'},
         {"put", required_argument, nullptr, 'p'},
         {"role", required_argument, nullptr, 'r'},
         {"json", required_argument, nullptr, 'j'},
         {"until-failure", no_argument, nullptr, 'u'},
         {"quiet", no_argument, nullptr, 'q'},
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

/// Keeps what is printed, and the commands, and passes all on.
class Listener : public Observer {
public:
    explicit Listener(Observer& next) : next_(next) {}

    void begins(const Scene& scene, const std::vector<Lane>& all) override {
        lanes_ = all;
        next_.begins(scene, all);
    }
    void starts(const Lane& lane, Time time) override { next_.starts(lane, time); }
    void prints(const Lane& lane, Time time, Stream stream, const std::string& line) override {
        said_.push_back(fmt::format("{}: {}", lane.name, line));
        next_.prints(lane, time, stream, line);
    }
    void is_given(const Lane& lane, Time time, const std::string& input) override {
        next_.is_given(lane, time, input);
    }
    void is_killed(const Lane& lane, Time time, const std::string& how) override {
        next_.is_killed(lane, time, how);
    }
    void ends(const Lane& lane, Time time, const std::string& how) override {
        said_.push_back(fmt::format("{} ended: {}", lane.name, how));
        next_.ends(lane, time, how);
    }

    const std::vector<std::string>& said() const { return said_; }
    const std::vector<Lane>& lanes() const { return lanes_; }

private:
    Observer& next_;
    std::vector<Lane> lanes_;
    std::vector<std::string> said_;
};

/// A scene that was played, and all that there is to say about it.
struct Graded {
    const Scene* scene = nullptr;
    Result result;
    std::vector<std::string> said;   ///< what the processes printed: "reader: Count: 1"
    std::string explanation;         ///< of a failure, if it is a known one
    std::vector<std::string> peers;  ///< the commands of the other roles
};

/// One line for each paragraph of what went wrong, and for each that was printed.
std::vector<std::string> all_seen(const Result& result, const std::vector<std::string>& said) {
    std::vector<std::string> all = said;
    for (const std::string& paragraph : result.wrong) {
        all.push_back(fmt::format("{}", fmt::join(split_lines(paragraph), " | ")));
    }
    return all;
}

/// Returns what the first mistake says whose signs are all seen, or "".
std::string explanation_of(const Scene& scene, const std::vector<std::string>& seen) {
    for (const Mistake& mistake : scene.mistakes) {
        const bool is_it =
            std::all_of(mistake.signs.begin(), mistake.signs.end(), [&](const std::string& sign) {
                const Pattern pattern(sign);
                return std::any_of(seen.begin(), seen.end(),
                                   [&](const std::string& line) { return pattern.found_in(line); });
            });
        if (is_it) return mistake.say;
    }
    return {};
}

/// The commands of the processes that are not the learner's, as they can be typed.
std::vector<std::string> peers_of(const Scene& scene, const std::vector<Lane>& lanes,
                                  const fs::path& programs) {
    std::vector<std::string> all;
    std::size_t lane = 0;
    for (const Process& process : scene.processes) {
        const std::string command = lanes.at(lane).command;
        lane += static_cast<std::size_t>(process.count);
        if (process.graded) continue;
        const fs::path ours = programs / command.substr(0, command.find(' '));
        all.push_back(fs::exists(ours) ? from_here(programs / command) : command);
    }
    return all;
}

Graded grade(const Request& request, const Exercise& exercise, const Scene& scene,
             Observer& observer) {
    Settings settings;
    settings.programs = request.programs;
    Listener listener(observer);
    Graded graded;
    graded.scene = &scene;
    graded.result = run_scene(exercise.scenes, scene, settings, listener);
    shm::check_stop();  // Ctrl-C came while it ran: it ended early, and is no failure
    graded.said = listener.said();
    graded.peers = peers_of(scene, listener.lanes(), request.programs);
    if (graded.result.verdict == Result::Verdict::failed) {
        graded.explanation = explanation_of(scene, all_seen(graded.result, graded.said));
    }
    return graded;
}

void show_failure(const Page& page, const Graded& graded) {
    page.text("Asked:", "1", graded.scene->asks);
    page.text("Happened:", "1;31", "");
    for (const std::string& one : graded.result.wrong) page.as_it_stands(one, 4);
    if (!graded.explanation.empty()) page.text("Why:", "1", graded.explanation);
    for (const std::string& peer : graded.peers) page.text("The other side, by hand:", "1", peer);
}

void show_verdict(const Page& page, const Graded& graded) {
    page.blank();
    switch (graded.result.verdict) {
        case Result::Verdict::passed:
            page.text("As asked.", "1;32", "Nothing is left behind.");
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

Graded show_and_grade(const Request& request, const Exercise& exercise, const Scene& scene,
                      const std::string& count) {
    const Page page(screen_now());
    page.rule();
    page.title(fmt::format("Exercise {} · {}", exercise.scenes.number, exercise.scenes.title),
               count);
    page.text(sentence(scene.name), "1", scene.say, 0);
    page.blank();
    Live live(page.screen(), false);
    Graded graded = grade(request, exercise, scene, live);
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

int run(int argc, char** argv) {
    shm::set_program_name("lessons/check");  // what the reader typed
    const std::optional<Request> request = read_command_line(argc, argv);
    if (!request) return 0;
    Exercise exercise = request->role.empty()
                            ? load_exercise(request->exercise)
                            : load_graded_lesson(request->exercise, request->role);
    std::vector<Scene>& scenes = exercise.scenes.scenes;
    for (Scene& scene : scenes) scene = graded_scene(scene, exercise.role, request->command);
    std::vector<Graded> all;
    Observer nobody;
    for (std::size_t i = 0; i < scenes.size(); ++i) {
        const std::string count = fmt::format("scene {} of {}", i + 1, scenes.size());
        all.push_back(request->quiet ? grade(*request, exercise, scenes[i], nobody)
                                     : show_and_grade(*request, exercise, scenes[i], count));
        const bool failed = all.back().result.verdict == Result::Verdict::failed;
        if (failed && (request->json.empty() || request->until_failure)) break;
    }
    const auto is = [&](Result::Verdict verdict) {
        return [verdict](const Graded& one) { return one.result.verdict == verdict; };
    };
    const bool failed = std::any_of(all.begin(), all.end(), is(Result::Verdict::failed));
    const bool skipped = std::any_of(all.begin(), all.end(), is(Result::Verdict::skipped));
    if (!request->json.empty()) write_json(request->json, all, !failed && !skipped);
    return failed ? 1 : skipped ? skipped_status : 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");  // tells whether the terminal takes UTF-8
    return shm::program(
        1, argv, "", [](shm::Options&) {}, [&] { return run(argc, argv); });
}
