/// @file
/// Plays the scenes of a lesson from the command line, and makes them into ctest tests.

#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"
#include "tests/harness/runner.hpp"

#include <fmt/core.h>

#include <getopt.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace {

constexpr int skipped_status = 77;

constexpr const char* usage =
    "scenes run LESSON --programs DIR --scene NAME [--no-isolate] [--record DIR]\n"
    "scenes record LESSON --programs DIR --record DIR   plays all, to (re)write what they print\n"
    "scenes list LESSON\n"
    "scenes cmake LESSON --programs DIR --record DIR --output FILE   the scenes as ctest tests";

struct Arguments {
    std::string command, lesson, scene, output;
    harness::Settings settings;
};

Arguments read_arguments(int argc, char** argv) {
    static const option options[] = {{"programs", required_argument, nullptr, 'p'},
                                     {"scene", required_argument, nullptr, 's'},
                                     {"record", required_argument, nullptr, 'r'},
                                     {"output", required_argument, nullptr, 'o'},
                                     {"no-isolate", no_argument, nullptr, 'n'},
                                     {"help", no_argument, nullptr, 'h'},
                                     {nullptr, 0, nullptr, 0}};
    Arguments arguments;
    for (;;) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread only
        const int found = getopt_long(argc, argv, "h", options, nullptr);
        if (found == -1) break;
        switch (found) {
            case 'p':
                arguments.settings.programs = std::filesystem::absolute(optarg);
                break;
            case 's':
                arguments.scene = optarg;
                break;
            case 'r':
                arguments.settings.record = std::filesystem::absolute(optarg);
                break;
            case 'o':
                arguments.output = optarg;
                break;
            case 'n':
                arguments.settings.isolate = false;
                break;
            case 'h':
                arguments.command = "help";
                return arguments;
            default:
                throw shm::UsageError("see scenes --help");
        }
    }
    if (argc - optind != 2) throw shm::UsageError(fmt::format("usage:\n{}", usage));
    arguments.command = argv[optind];
    arguments.lesson = argv[optind + 1];
    return arguments;
}

void require(const std::string& value, const char* option) {
    if (value.empty()) throw shm::UsageError(fmt::format("{} is missing", option));
}

int play(const harness::Lesson& lesson, const harness::Scene& scene,
         const harness::Settings& settings) {
    harness::Observer nobody;
    const harness::Result result = harness::run_scene(lesson, scene, settings, nobody);
    switch (result.verdict) {
        case harness::Result::Verdict::passed:
            shm::say("passed: {} ({} ms)", scene.name, result.took.count());
            return 0;
        case harness::Result::Verdict::skipped:
            shm::say("skipped: {}", result.report);
            return skipped_status;
        case harness::Result::Verdict::failed:
            break;
    }
    shm::say("{}", result.report);
    return 1;
}

int run(const Arguments& arguments, const harness::Lesson& lesson) {
    require(arguments.settings.programs, "--programs");
    require(arguments.scene, "--scene");
    for (const harness::Scene& scene : lesson.scenes) {
        if (scene.name == arguments.scene) return play(lesson, scene, arguments.settings);
    }
    throw shm::UsageError(fmt::format("no scene '{}' in {}; see scenes list", arguments.scene,
                                      lesson.source.string()));
}

int record(const Arguments& arguments, const harness::Lesson& lesson) {
    require(arguments.settings.programs, "--programs");
    require(arguments.settings.record, "--record");
    int status = 0;
    for (const harness::Scene& scene : lesson.scenes) {
        if (play(lesson, scene, arguments.settings) == 1) status = 1;
    }
    return status;
}

/// A test for each scene, in CMake's language; [==[...]==] quotes whatever stands in it.
std::string ctest_file(const Arguments& arguments, const harness::Lesson& lesson) {
    std::string text;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    for (const harness::Scene& scene : lesson.scenes) {
        const std::string name =
            fmt::format("[==[{} {}: {}]==]", lesson.number, lesson.title, scene.name);
        text += fmt::format(
            "add_test({} [==[{}]==] run [==[{}]==] --programs [==[{}]==] --scene [==[{}]==] "
            "--record [==[{}]==])\n"
            "set_tests_properties({} PROPERTIES LABELS \"lesson-{};scene\" SKIP_RETURN_CODE {} "
            "TIMEOUT {})\n",
            name, self, lesson.source.string(), arguments.settings.programs.string(), scene.name,
            arguments.settings.record.string(), name, lesson.number, skipped_status,
            std::chrono::ceil<std::chrono::seconds>(scene.timeout).count() + 60);
    }
    return text;
}

int write_ctest_file(const Arguments& arguments, const harness::Lesson& lesson) {
    require(arguments.settings.programs, "--programs");
    require(arguments.settings.record, "--record");
    require(arguments.output, "--output");
    std::ofstream file(arguments.output);
    file << ctest_file(arguments, lesson);
    file.close();
    if (!file) throw shm::Failure(arguments.output + " cannot be written");
    return 0;
}

int do_command(const Arguments& arguments) {
    if (arguments.command == "help") {
        shm::say_line(usage);
        return 0;
    }
    const harness::Lesson lesson =
        harness::load_lesson(std::filesystem::absolute(arguments.lesson));
    if (arguments.command == "run") return run(arguments, lesson);
    if (arguments.command == "record") return record(arguments, lesson);
    if (arguments.command == "cmake") return write_ctest_file(arguments, lesson);
    if (arguments.command != "list") {
        throw shm::UsageError(fmt::format("unknown '{}'; usage:\n{}", arguments.command, usage));
    }
    for (const harness::Scene& scene : lesson.scenes) shm::say("{}", scene.name);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    shm::set_program_name("scenes");
    try {
        shm::catch_stop_signals();
        return do_command(read_arguments(argc, argv));
    } catch (const shm::Stopped& stopped) {
        shm::end_by_signal(stopped.signal());
    } catch (const shm::UsageError& error) {
        shm::note_line(error.what());
        return 2;
    } catch (const harness::SceneError& error) {
        // A line of its own, as compilers print it, so that editors find the place.
        const std::string text = std::string(error.what()) + "\n";
        return write(STDERR_FILENO, text.data(), text.size()) == -1 ? 2 : 1;
    } catch (const std::exception& error) {
        shm::note_line(error.what());
        return 1;
    }
}
