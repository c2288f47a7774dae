#include "tests/harness/runner.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/stop.hpp"
#include "tests/harness/hold.hpp"
#include "tests/harness/isolate.hpp"
#include "tests/harness/judge.hpp"
#include "tests/harness/leftovers.hpp"
#include "tests/harness/play.hpp"
#include "tests/harness/record.hpp"
#include "tests/harness/strace.hpp"
#include "tests/harness/watch.hpp"
#include "tests/harness/wire.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fcntl.h>      // O_CLOEXEC, vmsplice
#include <signal.h>     // kill
#include <sys/prctl.h>  // PR_SET_CHILD_SUBREAPER
#include <sys/wait.h>   // waitpid
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace harness {

namespace {

bool needs(const Scene& scene, const char* what) {
    return std::find(scene.needs.begin(), scene.needs.end(), what) != scene.needs.end();
}

/// Everything that one run of a scene is made of.
struct Run {
    const Lesson& lesson;
    const Scene& scene;
    const Settings& settings;
    const Given& given;
    bool own_namespaces;
};

std::string quoted(const std::string& word) {
    const bool plain = word.find_first_of(" '\"\\$&;()<>|*?{}!#`") == std::string::npos;
    if (plain && !word.empty()) return word;
    std::string text = "'";
    for (const char c : word) {
        if (c == '\'') {
            text += "'\\''";
        } else {
            text += c;
        }
    }
    return text + "'";
}

std::string report(const Run& run, const std::vector<std::string>& wrong, const Play* play) {
    const std::string file = run.lesson.source / "lesson.toml";
    std::string text = fmt::format("{}:{}: the scene '{}' did not go as written.\n\n{}\n", file,
                                   run.scene.line, run.scene.name, fmt::join(wrong, "\n"));
    if (play != nullptr) text += "\n" + transcript(play->moments());
    text += fmt::format("\nAgain: {} run {} --programs {} --scene {}{}\n", HARNESS_SCENES_PROGRAM,
                        quoted(run.lesson.source), quoted(run.settings.programs),
                        quoted(run.scene.name), run.own_namespaces ? "" : " --no-isolate");
    return text;
}

/// Takes away what the scene made. What cannot be removed is added to `wrong`.
void clean_up(const std::vector<Object>& made, std::vector<std::string>& wrong) {
    for (const Object& object : made) {
        const std::string trouble = remove(object);
        if (!trouble.empty()) wrong.push_back(trouble);
    }
}

std::set<Object> everything_now(const Run& run) {
    return everything(run.own_namespaces, run.given.names());
}

/// Looks for what the scene needs to kill a process before a call, or to hold it there. Returns why
/// it cannot be had here; else "", and the path of strace if that is needed.
std::string try_to_trace(const Scene& scene, std::string& strace) {
    if (uses_strace(scene) || needs(scene, "strace")) {
        const Tracer tracer = try_strace(scene);
        if (!tracer.unavailable.empty()) return tracer.unavailable;
        strace = tracer.path;
    }
    std::string not_held = uses_hold(scene) ? why_not_held() : "";
    if (!not_held.empty()) return not_held;
    return uses_watch(scene) ? why_not_watched() : "";
}

/// In the process that plays: plays, judges, cleans up, tells.
void play_and_tell(const Run& run, const shm::Descriptor& to) {
    std::string strace;
    const std::string unavailable = try_to_trace(run.scene, strace);
    if (!unavailable.empty()) {
        send(to, {Message::Type::skipped, 0, 0, {}, unavailable});
        return;
    }
    const std::set<Object> before = everything_now(run);
    Teller teller(to);
    std::vector<Object> made;
    std::vector<std::string> wrong;
    std::vector<Leftover> left;
    Play play(run.scene, run.given, run.settings, teller, strace);
    const auto find_and_remove = [&] {
        made =
            made_by_scene(before, everything_now(run), run.own_namespaces, run.given, play.pids());
        clean_up(made, wrong);
    };
    try {
        play.run();
    } catch (...) {
        play.end();
        find_and_remove();
        throw;
    }
    find_and_remove();
    left = play.left();
    for (const Object& object : made) left.push_back(describe(object));
    const std::vector<std::string> judged = judge(run.scene, play, left);
    wrong.insert(wrong.begin(), judged.begin(), judged.end());
    for (const Leftover& one : left) {
        send(to, {Message::Type::left_kind, 0, 0, {}, one.kind});
        send(to, {Message::Type::left_what, 0, 0, {}, one.what});
    }
    for (const std::string& one : wrong) send(to, {Message::Type::wrong, 0, 0, {}, one});
    const std::string untried = wrong.empty() ? not_tried(play) : "";
    if (!untried.empty()) {
        send(to, {Message::Type::skipped, 0, 0, {}, untried});
    } else if (wrong.empty()) {
        send(to, {Message::Type::passed, 0, 0, {}, ""});
    } else {
        send(to, {Message::Type::failed, 0, 0, {}, report(run, wrong, &play)});
    }
}

/// The process that plays the scene: the parent of all its processes, whom nobody escapes.
[[noreturn]] void player(const Run& run, const shm::Descriptor& to, pid_t asked_by) {
    int status = 1;
    try {
        shm::catch_stop_signals();
        sigset_t stops;
        sigemptyset(&stops);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&stops, signal);
        if (run.own_namespaces) {
            const std::string refused = enter_own_namespaces(run.scene.shm_size);
            if (!refused.empty()) {
                send(to, {Message::Type::refused, 0, 0, {}, refused});
                _exit(0);
            }
        }
        // After the namespaces, which clear it. Whoever asked may be gone already.
        shm::check(prctl(PR_SET_PDEATHSIG, SIGTERM), "prctl", "PR_SET_PDEATHSIG");
        if (getppid() != asked_by) _exit(1);
        shm::check(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl", "PR_SET_CHILD_SUBREAPER");
        shm::check(sigprocmask(SIG_BLOCK, &stops, nullptr), "sigprocmask", "the stop signals");
        // Whoever asked removes it too, unless somebody kills it first.
        const shm::Cleanup remove_directory([&] {
            std::error_code ignored;
            std::filesystem::remove_all(run.given.directory(), ignored);
        });
        play_and_tell(run, to);
        status = 0;
    } catch (const shm::Stopped&) {
        status = 1;  // whoever asked was stopped as well, or is gone
    } catch (const std::exception& error) {
        try {
            send(to, {Message::Type::wrong, 0, 0, {}, error.what()});
            send(to, {Message::Type::failed, 0, 0, {}, report(run, {error.what()}, nullptr)});
        } catch (const std::exception&) {
            status = 1;  // nobody listens
        }
    }
    _exit(status);  // not our caller's destructors, nor its buffers
}

struct Played {
    Result result;
    bool refused = false;  // no namespaces, for the reason in the report
};

Played play_in_child(const Run& run, std::vector<Lane> lanes, Observer& observer) {
    int fds[2];
    shm::check(pipe2(fds, O_CLOEXEC), "pipe2", "the scene's events");
    // Room for all that a scene prints: an observer that takes its time holds nobody up. As much as
    // an account may have (man 7 pipe); where it may not, 64 KiB do.
    fcntl(fds[1], F_SETPIPE_SZ, 1 << 20);
    shm::Descriptor from(fds[0]);
    shm::Descriptor to(fds[1]);
    const pid_t self = getpid();
    const pid_t pid = checked::fork();
    if (pid == 0) {
        from.reset();
        player(run, to, self);
    }
    to.reset();
    // It cleans up when it is asked to end; who left us by an exception asks.
    bool finished = false;
    const shm::Cleanup wait_for_it([&] {
        if (!finished) kill(pid, SIGTERM);
        while (waitpid(pid, nullptr, 0) == -1 && errno == EINTR) continue;
    });
    Played played;
    played.result.report = "The process that played the scene died.\n";
    while (const auto message = receive(from)) {
        if (tell(*message, lanes, observer)) continue;
        switch (message->type) {
            case Message::Type::left_kind:
                played.result.left.push_back({message->text, ""});
                continue;
            case Message::Type::left_what:
                played.result.left.back().what = message->text;
                continue;
            case Message::Type::wrong:
                played.result.wrong.push_back(message->text);
                continue;
            case Message::Type::passed:
                played.result.verdict = Result::Verdict::passed;
                break;
            case Message::Type::skipped:
                played.result.verdict = Result::Verdict::skipped;
                break;
            case Message::Type::refused:
                played.refused = true;
                break;
            default:
                break;
        }
        played.result.report = message->text;
    }
    finished = true;
    return played;
}

/// Why vmsplice cannot be called here, or "": the filter of calls of some container engines refuses
/// it.
std::string why_no_vmsplice() {
    if (vmsplice(-1, nullptr, 0, 0) == 0 || errno == EBADF) return {};
    return "needs vmsplice: " + std::generic_category().message(errno);
}

/// Why this build, or this user, cannot play the scene, or "".
std::string missing(const Scene& scene, const Settings& settings) {
    // Such programs are left out where AddressSanitizer is built in, or ThreadSanitizer is not
    // there.
    if (needs(scene, "thread_sanitizer") &&
        !std::filesystem::exists(settings.programs / split_words(scene.processes[0].run)[0])) {
        return "needs a program with ThreadSanitizer, which this build leaves out";
    }
    if (needs(scene, "vmsplice")) {
        if (std::string why = why_no_vmsplice(); !why.empty()) return why;
    }
    const bool other_user = needs(scene, "other_user") ||
                            std::any_of(scene.processes.begin(), scene.processes.end(),
                                        [](const Process& one) { return one.other_user; });
    if (is_real_root()) return {};
    if (other_user) return "needs root, to run a process as another user";
    if (needs(scene, "root")) return "needs root";
    return {};
}

}  // namespace

Result run_scene(const Lesson& lesson, const Scene& scene, const Settings& settings,
                 Observer& observer) {
    Result result;
    const std::string reason = missing(scene, settings);
    if (!reason.empty()) {
        result.verdict = Result::Verdict::skipped;
        result.report = reason;
        return result;
    }
    const auto begin = std::chrono::steady_clock::now();
    const Given given(lesson.number);
    std::vector<Lane> lanes;
    for (const Instance& one : instances_of(scene, given)) lanes.push_back(one.lane);
    Recorder recorder(observer);
    recorder.begins(scene, lanes);
    const bool needs_own = needs(scene, "namespaces");
    Run run{lesson, scene, settings, given, settings.isolate || needs_own};
    Played played = play_in_child(run, lanes, recorder);
    if (played.refused && !needs_own) {
        run.own_namespaces = false;
        played = play_in_child(run, lanes, recorder);
    }
    result = played.result;
    if (played.refused && needs_own) {
        result.verdict = Result::Verdict::skipped;
        result.report = "needs namespaces of its own: " + result.report;
    }
    if (result.verdict == Result::Verdict::passed && !settings.record.empty()) {
        recorder.write(settings.record, scene);
    }
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    return result;
}

}  // namespace harness
