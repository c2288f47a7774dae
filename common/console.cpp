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

/// One write for one line, so that lines of two processes on one terminal do not mix. Returns
/// errno, or 0.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written == -1 && errno == EINTR) continue;
        if (written == -1) return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace

void say_line(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, std::string(text) + '\n');
    if (error != 0) throw SystemError(error, "write", "standard output");
}

void note_line(std::string_view text) {
    write_all(STDERR_FILENO, fmt::format("{}: {}\n", name(), text));
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
