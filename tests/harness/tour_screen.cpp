#include "tests/harness/tour_screen.hpp"

#include "common/program/check.hpp"
#include "common/program/stop.hpp"

#include <langinfo.h>   // nl_langinfo
#include <sys/ioctl.h>  // TIOCGWINSZ
#include <unistd.h>     // isatty, read, tcgetpgrp

#include <fmt/core.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

namespace harness::tour {

namespace {

constexpr int least_width = 40;

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

int width_now() {
    const std::string_view asked = environment("COLUMNS");
    int width = 0;
    std::from_chars(asked.data(), asked.data() + asked.size(), width);
    winsize size{};
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    if (width <= 0) return isatty(STDOUT_FILENO) != 0 ? 80 : Screen::endless;
    return std::max(width, least_width);
}

/// One key is an answer, and no key is echoed.
void take_keys(termios terminal) {
    terminal.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    shm::check(tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal), "tcsetattr", "standard input");
}

}  // namespace

Screen screen_now() {
    Screen screen;
    screen.width = width_now();
    screen.colour = isatty(STDOUT_FILENO) != 0 && environment("NO_COLOR").empty() &&
                    environment("TERM") != "dumb";
    screen.utf8 = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return screen;
}

Keyboard::Keyboard() {
    termios now{};
    if (isatty(STDOUT_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &now) == -1)
        return;
    before_ = now;
    take_keys(now);
}

Keyboard::~Keyboard() {
    if (before_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &*before_);
}

void Keyboard::ask(std::string_view question) const {
    fmt::print("{} ", question);
    std::fflush(stdout);
}

bool Keyboard::goes_on(std::string_view question) const {
    const shm::ContinueWatch watch;
    // What was typed while the scene ran was meant for its programs, not as an answer.
    shm::check(tcflush(STDIN_FILENO, TCIFLUSH), "tcflush", "standard input");
    ask(question);
    for (;;) {
        while (watch.wait_readable(STDIN_FILENO)) {
            if (tcgetpgrp(STDIN_FILENO) != getpgrp()) continue;  // by `bg`: it is not ours to ask
            take_keys(*before_);                                 // the shell had set it otherwise
            ask(question);
        }
        char key = 'q';
        const ssize_t got = read(STDIN_FILENO, &key, 1);
        if (got == -1 && errno == EINTR) continue;
        shm::check(got, "read", "standard input");
        const bool on = got == 1 && (key == '\n' || key == '\r' || key == ' ');
        if (!on && got == 1 && key != 'q' && key != 'Q' && key != 4) continue;  // 4: Ctrl-D
        fmt::print("\n");
        std::fflush(stdout);
        return on;
    }
}

}  // namespace harness::tour
