#include "common/program/console.hpp"

#include "common/program/check.hpp"
#include "common/program/shell.hpp"
#include "common/program/stop.hpp"

#include <signal.h>  // SIGPIPE
#include <unistd.h>  // read, write, isatty, tcgetpgrp

#include <algorithm>
#include <cerrno>

namespace shm {

namespace {

struct Path {
    std::string directory;  ///< with the slash at its end; empty if it was started without
    std::string name = "program";
};

Path& path() {
    static Path all;
    return all;
}

/// Says whether who started us has the signal ignored: then no process is to end by it.
bool is_ignored(int signal) {
    struct sigaction inherited = {};
    check(sigaction(signal, nullptr, &inherited), "sigaction", "a signal");
    return inherited.sa_handler == SIG_IGN;
}

/// One write for one line, so that lines of two processes on one terminal do not mix; more only
/// where the output takes less at a time. `wait` is called before each.
template <typename Wait>
void write_all(int fd, std::string_view text, Wait wait) {
    while (!text.empty()) {
        wait();
        const ssize_t written = write(fd, text.data(), text.size());
        if (written == -1 && errno == EINTR) continue;
        check(written, "write", fd == STDOUT_FILENO ? "standard output" : "standard error");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void say_line(std::string_view text) {
    // A pipe that no process reads may be full: that is a wait, which a stop signal ends.
    try {
        write_all(STDOUT_FILENO, std::string(text) + '\n', [] { wait_writable(STDOUT_FILENO); });
    } catch (const SystemError& error) {
        if (error.code().value() != EPIPE || is_ignored(SIGPIPE)) throw;
        throw Stopped(SIGPIPE);  // `| head` has had enough: no failure, and no reader to tell
    }
}

void note_line(std::string_view text) {
    try {
        write_all(STDERR_FILENO, fmt::format("{}: {}\n", program_name(), text),
                  [] { wait_writable(STDERR_FILENO); });
    } catch (const SystemError&) {
        return;  // closed, or full: there is no reader to tell
    } catch (const Stopped&) {
        return;  // no reader takes it, and a signal asks to end: that goes first
    }
}

std::string count_text(std::uint64_t count, std::string_view one, std::string_view many) {
    if (count == 1) return fmt::format("1 {}", one);
    return many.empty() ? fmt::format("{} {}s", count, one) : fmt::format("{} {}", count, many);
}

std::vector<std::string> folded(std::string_view first, std::string_view others,
                                std::string_view text) {
    std::vector<std::string> lines;
    std::string line(first);
    bool is_begun = false;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (is_begun && line.size() + 1 + word.size() > line_width) {
            lines.push_back(line);
            line = others;
            is_begun = false;
        }
        if (is_begun) line += ' ';
        line += word;
        is_begun = true;
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    lines.push_back(line);
    return lines;
}

void say_folded(std::string_view first, std::string_view others, std::string_view text) {
    for (const std::string& line : folded(first, others, text)) say_line(line);
}

namespace {

/// Says whether a person sees what is written to `fd`, and would answer: the terminal is there, and
/// is this process's (after `bg` it is the shell's).
bool has_terminal(int fd) {
    return isatty(fd) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/// @param fd    where the prompt goes
/// @param tell  says it there
template <typename Tell>
void wait_for_enter_after(int fd, Tell tell) {
    const ContinueWatch watch;  // before it is said: else Ctrl-Z may come in between
    tell();
    for (;;) {
        while (watch.wait_readable(STDIN_FILENO)) {
            if (has_terminal(fd)) tell();
        }
        char key = 0;
        const ssize_t got = read(STDIN_FILENO, &key, 1);  // no further than the newline
        if (got == -1 && errno == EINTR) continue;
        check(got, "read", "standard input");
        if (got == 0 || key == '\n') return;
    }
}

}  // namespace

void wait_for_enter(std::string_view prompt) {
    wait_for_enter_after(STDOUT_FILENO, [&] { say_line(prompt); });
}

void wait_for_enter_noting(std::string_view prompt) {
    wait_for_enter_after(STDERR_FILENO, [&] { note_line(prompt); });
}

void set_program_name(std::string_view text) {
    path().name = text;
}

void set_program_path(std::string_view text) {
    const std::size_t name = text.rfind('/') + 1;  // npos + 1 is 0: all of it
    path() = {std::string(text.substr(0, name)), std::string(text.substr(name))};
}

std::string command_beside(std::string_view name) {
    return for_shell(path().directory + std::string(name));
}

const std::string& program_name() {
    return path().name;
}

}  // namespace shm
