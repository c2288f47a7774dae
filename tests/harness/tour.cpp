/// @file
/// Walks a learner through the lessons: what is about to happen, the processes as they run, what
/// was to be seen, and where to read on. `tour --help` says how it is called.

#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "tests/harness/runner.hpp"
#include "tests/harness/tour_page.hpp"
#include "tests/harness/tour_screen.hpp"

#include <getopt.h>    // getopt_long
#include <signal.h>    // sigset_t
#include <spawn.h>     // posix_spawn
#include <sys/wait.h>  // waitpid
#include <unistd.h>    // environ

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::tour;

namespace {

constexpr const char* help =
    R"(usage: tour [WHAT...] [--no-pause] [--slow] [--prepare PROGRAM] [--lessons DIR] [--programs DIR]

Plays the lessons in order, each process of a scene in a lane of its own.

  WHAT               only these: a lesson (02), or a scene ("02: five messages arrive")
  --no-pause         do not wait for Enter between scenes (it never waits without a terminal)
  --slow             show each line only when there was time to read the one before
  --prepare PROGRAM  is called with a lesson's number before the first of its scenes
  --lessons DIR      where the lessons lie
  --programs DIR     where their programs were built

Exit status: 0 every scene that was played went as written, 1 one did not, 2 wrong usage.)";

struct Request {
    std::vector<std::string> wanted;
    bool pause = true;
    bool slow = false;
    std::string prepare;
    fs::path lessons;
    fs::path programs;
};

/// Returns nothing if help was asked for and has been shown.
std::optional<Request> read_command_line(int argc, char** argv) {
    // As it lies in the build folder: build/tests/harness/tour.
    const fs::path build = fs::read_symlink("/proc/self/exe").parent_path() / "../..";
    Request request;
    request.programs = (build / "lessons").lexically_normal();
    request.lessons = (build / "../lessons").lexically_normal();

    static constexpr std::array<option, 7> options = {
        {{"no-pause", no_argument, nullptr, 'n'},
         {"slow", no_argument, nullptr, 's'},
         {"prepare", required_argument, nullptr, 'p'},
         {"lessons", required_argument, nullptr, 'L'},
         {"programs", required_argument, nullptr, 'P'},
         {"help", no_argument, nullptr, 'h'},
         {nullptr, 0, nullptr, 0}}};
    opterr = 0;  // the one line about a mistake is ours
    for (;;) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
        const int found = getopt_long(argc, argv, ":h", options.data(), nullptr);
        if (found == -1) break;
        switch (found) {
            case 'n':
                request.pause = false;
                break;
            case 's':
                request.slow = true;
                break;
            case 'p':
                request.prepare = optarg;
                break;
            case 'L':
                request.lessons = optarg;
                break;
            case 'P':
                request.programs = optarg;
                break;
            case 'h':
                shm::say_line(help);
                return std::nullopt;
            case ':':
                throw shm::UsageError(fmt::format("{} needs a value", argv[optind - 1]));
            default:
                throw shm::UsageError(fmt::format("no such option: {}", argv[optind - 1]));
        }
    }
    request.wanted.assign(argv + optind, argv + argc);
    return request;
}

std::vector<Lesson> all_lessons(const fs::path& directory) {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(directory))
        if (fs::exists(entry.path() / "lesson.toml")) folders.push_back(entry.path());
    if (folders.empty())
        throw shm::Failure(fmt::format("{}: no lessons there; name their folder by --lessons",
                                       directory.string()));
    std::sort(folders.begin(), folders.end());
    std::vector<Lesson> lessons;
    lessons.reserve(folders.size());
    for (const fs::path& folder : folders) lessons.push_back(load_lesson(folder));
    return lessons;
}

/// A lesson, and what is to be played of it.
struct Part {
    const Lesson* lesson = nullptr;
    std::vector<const Scene*> scenes;
};

/// How a scene is called, on the command line and in the summary.
std::string name_of(const Lesson& lesson, const Scene& scene) {
    return fmt::format("{}: {}", lesson.number, scene.name);
}

/// Returns what `wanted` names, in the order of the course; all, where it names nothing.
std::vector<Part> chosen(const std::vector<Lesson>& lessons,
                         const std::vector<std::string>& wanted) {
    std::vector<Part> parts;
    std::vector<bool> found(wanted.size());
    const auto is_wanted = [&](const std::string& name) {
        const auto at = std::find(wanted.begin(), wanted.end(), name);
        if (at != wanted.end()) found[static_cast<std::size_t>(at - wanted.begin())] = true;
        return at != wanted.end();
    };
    for (const Lesson& lesson : lessons) {
        const bool whole = wanted.empty() || is_wanted(lesson.number);
        Part part{&lesson, {}};
        for (const Scene& scene : lesson.scenes)
            if ((whole && scene.tour) || is_wanted(name_of(lesson, scene)))
                part.scenes.push_back(&scene);
        if (!part.scenes.empty()) parts.push_back(std::move(part));
    }
    const auto lost = std::find(found.begin(), found.end(), false);
    if (lost != found.end())
        throw shm::UsageError(fmt::format("there is no lesson and no scene \"{}\"",
                                          wanted[static_cast<std::size_t>(lost - found.begin())]));
    return parts;
}

std::string several(std::size_t count, const std::string& one) {
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : one.back() == 's' ? "es" : "s");
}

/// "nothing (0 segments, 0 semaphores, 0 objects, 0 processes)", or what it was.
std::string left_behind(const std::vector<Leftover>& left) {
    if (left.empty()) return "nothing (0 segments, 0 semaphores, 0 objects, 0 processes).";
    std::string what;
    for (const Leftover& leftover : left) what += (what.empty() ? "" : "; ") + leftover.what;
    return what + ". It was meant to be, and is removed now.";
}

enum class LessonPage { lesson, deeper };

/// Returns the page of the site, where it was made; else the command that shows the page here.
std::string where_to_read(const Lesson& lesson, LessonPage which, const fs::path& programs) {
    const bool deeper = which == LessonPage::deeper;
    const fs::path page = programs / "../docs/html" /
                          fmt::format("lesson_{}{}.html", lesson.number, deeper ? "_deeper" : "");
    if (fs::exists(page)) return from_here(page.lexically_normal());
    return fmt::format("lessons/run --read {}{}", lesson.number, deeper ? " --deeper" : "");
}

/// The same, with the heading at which a scene is read on.
std::string where_to_read(const Lesson& lesson, const Scene& scene, const fs::path& programs) {
    const LessonPage which = scene.read_deeper.empty() ? LessonPage::lesson : LessonPage::deeper;
    const std::string& heading = which == LessonPage::deeper ? scene.read_deeper : scene.read;
    const std::string where = where_to_read(lesson, which, programs);
    return heading.empty() ? where : fmt::format("{}  (\"{}\")", where, heading);
}

void show_verdict(const Page& page, const Lesson& lesson, const Scene& scene,
                  const fs::path& programs, const Result& result) {
    if (result.verdict != Result::Verdict::skipped) page.blank();
    switch (result.verdict) {
        case Result::Verdict::passed:
            page.text(scene.broken ? "It failed, as the wrong way does." : "As it should be.",
                      "1;32", "Left behind: " + left_behind(result.left));
            break;
        case Result::Verdict::failed:
            page.text("This is not as it should be:", "1;31", "");
            page.as_it_stands(result.report, 4);
            break;
        case Result::Verdict::skipped:
            page.text("Skipped:", "1;33", result.report);
            return;
    }
    if (!scene.why.empty() && result.verdict == Result::Verdict::passed)
        page.text("Why:", "1", scene.why);
    page.text("Read:", "1", where_to_read(lesson, scene, programs));
}

/// What became of the scenes.
struct Tally {
    std::size_t planned = 0;
    std::size_t as_written = 0;
    std::vector<std::string> failed;   ///< "02: five messages arrive"
    std::vector<std::string> skipped;  ///< with the reason
    const Lesson* last = nullptr;      ///< the last lesson that was played

    std::size_t played() const { return as_written + failed.size() + skipped.size(); }
};

/// `text` as ctest's -R takes it, which is a regular expression.
std::string as_pattern(const std::string& text) {
    std::string pattern;
    for (const char c : text) {
        if (std::string_view(R"(\.^$*+?()[]|)").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern;
}

void show_summary(const Page& page, const Tally& tally, const std::vector<Lesson>& lessons,
                  const fs::path& programs) {
    page.rule();
    std::string counts = fmt::format("{} as written, {} not as written, {} skipped.",
                                     tally.as_written, tally.failed.size(), tally.skipped.size());
    if (tally.played() < tally.planned)
        counts += fmt::format(" {} more were not played.", tally.planned - tally.played());
    page.text(several(tally.played(), "scene") + ":", "1", counts, 0);
    for (const std::string& which : tally.failed) page.text("not as written:", "1;31", which);
    for (const std::string& which : tally.skipped) page.text("skipped:", "1;33", which);
    if (tally.last == nullptr) return;

    const Lesson& last = *tally.last;
    const auto next = std::find_if(lessons.begin(), lessons.end(), [&](const Lesson& lesson) {
        return lesson.number > last.number;
    });
    const std::string read = where_to_read(last, LessonPage::lesson, programs);
    if (!tally.failed.empty()) {
        const std::string& name = tally.failed.front();
        page.text(
            "Next:", "1",
            fmt::format("play it alone, lessons/run {} \"{}\"; as a test: tests/run -R \"{}\"",
                        name.substr(0, 2), name.substr(4), as_pattern(name.substr(4))),
            0);
    } else {
        const bool more = next != lessons.end() && tally.played() == tally.planned;
        page.text("Next:", "1",
                  fmt::format("{}; type its programs into two terminals of your own{}", read,
                              more ? fmt::format("; then lessons/run {}.", next->number) : "."),
                  0);
    }
    if (!fs::exists(programs / "../docs/html/index.html"))
        page.text("Pages:", "1", "lessons/run --site makes them for a browser.", 0);
}

/// Builds the lesson, or does whatever else `program` is there for.
void prepare(const std::string& program, const Lesson& lesson) {
    if (program.empty()) return;
    std::array<char*, 3> words = {const_cast<char*>(program.c_str()),
                                  const_cast<char*>(lesson.number.c_str()), nullptr};
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int ignored : {SIGPIPE, SIGXFSZ}) sigaddset(&defaults, ignored);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, words[0], nullptr, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) throw shm::SystemError(error, "posix_spawn", program);
    int status = 0;
    while (waitpid(pid, &status, 0) == -1) {
        if (errno != EINTR) throw shm::SystemError(errno, "waitpid", program);
    }
    shm::check_stop();
    if (status != 0) throw shm::Failure(fmt::format("lesson {} was not built", lesson.number));
}

/// Plays the scene that is `number`th of the lesson's.
Result play_scene(const Page& page, const Part& part, std::size_t number, const Settings& settings,
                  bool slow) {
    const Lesson& lesson = *part.lesson;
    const Scene& scene = *part.scenes[number];
    page.rule();
    page.title(fmt::format("Lesson {} · {}", lesson.number, lesson.title),
               fmt::format("scene {} of {}", number + 1, part.scenes.size()));
    if (number == 0) {
        page.text("Goal:", "1", lesson.goal, 0);
        page.text("Programs:", "1", from_here(settings.programs), 0);
        page.blank();
    }
    if (scene.broken) page.text("The wrong way, which fails on purpose.", "1;33", "", 0);
    page.text(sentence(scene.name), "1", scene.say, 0);
    page.blank();
    if (slow) shm::pause_for(time_to_read(scene.say));

    Live live(page.screen(), slow);
    Result result = run_scene(lesson, scene, settings, live);
    shm::check_stop();  // Ctrl-C came while it ran: it ended early, and is no failure
    show_verdict(page, lesson, scene, settings.programs.parent_path(), result);
    if (slow) shm::pause_for(time_to_read(scene.why));
    return result;
}

void count(Tally& tally, const Lesson& lesson, const Scene& scene, const Result& result) {
    const std::string which = name_of(lesson, scene);
    switch (result.verdict) {
        case Result::Verdict::passed:
            ++tally.as_written;
            break;
        case Result::Verdict::failed:
            tally.failed.push_back(which);
            break;
        case Result::Verdict::skipped:
            tally.skipped.push_back(fmt::format("{} ({})", which, result.report));
            break;
    }
    tally.last = &lesson;
}

Tally play(const std::vector<Part>& parts, const Request& request) {
    Tally tally;
    for (const Part& part : parts) tally.planned += part.scenes.size();
    for (const Part& part : parts) {
        prepare(request.prepare, *part.lesson);
        const std::optional<Keyboard> keyboard =
            request.pause ? std::make_optional<Keyboard>() : std::nullopt;
        Settings settings;
        settings.programs = request.programs / part.lesson->source.filename();
        settings.isolate = false;  // `ipcs` in a second terminal must show what runs here
        for (std::size_t i = 0; i < part.scenes.size(); ++i) {
            const Page page(screen_now());
            const Result result = play_scene(page, part, i, settings, request.slow);
            count(tally, *part.lesson, *part.scenes[i], result);
            const bool ask = keyboard && keyboard->there() && tally.played() < tally.planned;
            if (ask && !keyboard->goes_on(showable("  Enter: next · q: stop", page.screen())))
                return tally;
            if (!ask) page.blank();
        }
    }
    return tally;
}

int run(int argc, char** argv) {
    shm::set_program_name("lessons/run");  // what the reader typed, and whose --help there is
    const std::optional<Request> request = read_command_line(argc, argv);
    if (!request) return 0;
    const std::vector<Lesson> lessons = all_lessons(request->lessons);
    const std::vector<Part> parts = chosen(lessons, request->wanted);
    try {
        const Tally tally = play(parts, *request);
        show_summary(Page(screen_now()), tally, lessons, request->programs);
        return tally.failed.empty() ? 0 : 1;
    } catch (const shm::Stopped&) {
        shm::say_line(
            "\nStopped. The scene's processes have ended, and what they made is removed.");
        throw;
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");  // tells whether the terminal takes UTF-8
    return shm::program(
        1, argv, "", [](shm::Options&) {}, [&] { return run(argc, argv); });
}
