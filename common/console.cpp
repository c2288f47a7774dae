#include "common/console.hpp"

#include "common/check.hpp"
#include "common/stop.hpp"

#include <unistd.h>  // read, write

#include <cerrno>

namespace shm {

namespace {

std::string& name() {
    static std::string text = "program";
    return text;
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
    // A pipe that nobody reads may be full: that is a wait, which a stop signal ends.
    write_all(STDOUT_FILENO, std::string(text) + '\n', [] { wait_writable(STDOUT_FILENO); });
}

void note_line(std::string_view text) {
    try {
        write_all(STDERR_FILENO, fmt::format("{}: {}\n", name(), text), [] {});
    } catch (const SystemError&) {
        return;  // closed, or full: there is nobody to tell
    }
}

void wait_for_enter(std::string_view prompt) {
    say_line(prompt);
    wait_for_enter();
}

void wait_for_enter() {
    for (;;) {
        wait_readable(STDIN_FILENO);
        char key = 0;
        const ssize_t got = read(STDIN_FILENO, &key, 1);  // no further than the newline
        if (got == -1 && errno == EINTR) continue;
        check(got, "read", "standard input");
        if (got == 0 || key == '\n') return;
    }
}

void set_program_name(std::string_view text) {
    name() = text;
}

const std::string& program_name() {
    return name();
}

}  // namespace shm
