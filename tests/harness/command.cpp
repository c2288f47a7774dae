#include "tests/harness/command.hpp"

#include "tests/harness/calls.hpp"
#include "tests/harness/hold.hpp"
#include "tests/harness/strace.hpp"
#include "tests/harness/watch.hpp"

#include <fmt/core.h>

#include <signal.h>  // SIGSEGV, SIGBUS

#include <cstdlib>

namespace harness {

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool address_sanitizer = true;
#else
constexpr bool address_sanitizer = false;
#endif

std::string sanitizer_options(const Process& process) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread only
    const char* given = getenv("ASAN_OPTIONS");
    std::string options = given == nullptr ? "" : std::string(given) + ":";
    if (process.signal == SIGSEGV || process.signal == SIGBUS) {
        options += "handle_segv=0:handle_sigbus=0:";
    }
    // The leak check traces its own process, which strace does already, or we do.
    if (is_traced(process) || is_watched(process)) options += "detect_leaks=0:";
    return "ASAN_OPTIONS=" + options;
}

/// Ends the process in place of a system call, and is itself out of the way: the program stays our
/// child, with the pid that it would have had (man 1 strace, -D).
std::vector<std::string> traced(const std::string& strace, const Process& process,
                                const Words& words) {
    const Kill& kill = *process.kill;
    std::vector<std::string> all = {strace, "-D", "-o", "/dev/null"};
    if (process.graded) all.emplace_back("-f");  // its descendants count as it
    if (!kill.path.empty()) {
        const std::string path = fill(kill.path, words);
        const bool object = kill.path == "{name}" || kill.path == "{name2}";
        all.insert(all.end(), {"-P", object ? "/dev/shm" + path : path});
    }
    all.insert(all.end(), {"-e", "trace=" + kill.before, "-e",
                           fmt::format("inject={}:signal=KILL:when={}", kill.before, kill.call)});
    return all;
}

/// The command line, with the given words filled in where the scene wrote them.
std::string filled_run(const Process& process, const Words& words) {
    return process.run.substr(0, process.own) + fill(process.run.substr(process.own), words);
}

}  // namespace

std::string kill_text(const Kill& kill) {
    if (kill.before.empty()) return signal_text(kill.signal);
    return fmt::format("SIGKILL before {}{}{}", kill.before,
                       kill.path.empty() ? "" : " of its object",
                       kill.call == 1 ? "" : fmt::format(", call {}", kill.call));
}

std::string shown_command(const Process& process, const Words& words) {
    std::string text;
    for (const std::string& setting : process.environment) text += fill(setting, words) + " ";
    if (process.other_user) text = "sudo -u nobody " + text;
    return text + filled_run(process, words);
}

Command command_of(const Process& process, const Words& given,
                   const std::filesystem::path& programs, const std::string& strace) {
    Command command;
    command.words = split_words(filled_run(process, given));
    command.program = find_program(command.words[0], programs);
    // First, so that a scene may overrule them. What a program says of its waits (wait_notice.hpp)
    // would depend on how long they take.
    command.environment.emplace_back("SHM_WAIT_NOTICE_MS=never");
    if (address_sanitizer) command.environment.push_back(sanitizer_options(process));
    for (const std::string& setting : process.environment) {
        command.environment.push_back(fill(setting, given));
    }
    command.other_user = process.other_user;
    command.terminal = process.graded;
    command.held = held_calls(process);
    if (is_traced(process)) {
        const bool counts = process.most_calls != 0 || !process.calls.empty();
        auto words = counts ? counted(strace, process, given) : traced(strace, process, given);
        words.push_back(command.program);
        words.insert(words.end(), command.words.begin() + 1, command.words.end());
        command.words = words;
        command.program.clear();
    }
    return command;
}

}  // namespace harness
