#include "watch.hpp"

#include "names.hpp"
#include "table.hpp"

#include "common/cleanup.hpp"
#include "common/console.hpp"
#include "common/stop.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>  // TIOCGWINSZ
#include <time.h>       // localtime_r
#include <unistd.h>     // isatty

#include <algorithm>
#include <array>
#include <set>

namespace doctor {

namespace {

using namespace std::chrono_literals;

/// Says what has come and what has gone since the last look.
std::string changes(const std::set<std::string>& before, const std::set<std::string>& now) {
    std::string text;
    for (const std::string& each : now) {
        if (before.count(each) == 0) text += fmt::format("  + {}", escaped(each));
    }
    for (const std::string& each : before) {
        if (now.count(each) == 0) text += fmt::format("  - {}", escaped(each));
    }
    return text.empty() ? "  nothing new" : text;
}

std::string time_text() {
    const time_t now = time(nullptr);
    tm parts = {};
    std::array<char, 16> text{};
    localtime_r(&now, &parts);
    return {text.data(), strftime(text.data(), text.size(), "%H:%M:%S", &parts)};
}

/// The picture from the upper left corner, no line wider or lower than the terminal.
std::string picture(const std::vector<std::string>& lines) {
    winsize window = {};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == -1 || window.ws_row == 0) {
        window.ws_row = 24;
        window.ws_col = 80;
    }
    std::string text = "\033[H";
    const auto room = static_cast<std::size_t>(window.ws_row);
    for (std::size_t next = 0; next < std::min(lines.size(), room); ++next) {
        const bool is_cut = next + 1 == room && lines.size() > room;
        const std::string line =
            is_cut ? "... " + shm::count_text(lines.size() - next, "more line") : lines[next];
        text += fmt::format("{}{}\033[K", next == 0 ? "" : "\r\n", line.substr(0, window.ws_col));
    }
    return text + "\033[J";
}

/// Only what is still there of what was asked for.
std::vector<std::string> still_there(const Sight& sight, const std::vector<std::string>& asked) {
    std::vector<std::string> there;
    std::copy_if(
        asked.begin(), asked.end(), std::back_inserter(there), [&](const std::string& text) {
            return std::any_of(sight.objects.begin(), sight.objects.end(),
                               [&](const Object& object) { return is_meant(object, text); });
        });
    return there;
}

/// What to show where all that was asked for is gone.
Report nothing(const Unseen& unseen) {
    Report empty;
    empty.unseen = unseen;
    empty.is_whole = false;
    return empty;
}

}  // namespace

void watch(const std::vector<std::string>& asked) {
    const bool is_screen = isatty(STDOUT_FILENO) == 1;
    // A screen of its own, without a cursor; afterwards the old one is back.
    const shm::Cleanup restore([&] {
        constexpr std::string_view old_screen = "\033[?25h\033[?1049l";
        if (is_screen && write(STDOUT_FILENO, old_screen.data(), old_screen.size()) == -1) return;
    });
    if (is_screen) shm::say_line("\033[?1049h\033[?25l");
    std::set<std::string> before;
    for (bool is_first = true;; is_first = false) {
        Sight sight = look();
        const auto there = still_there(sight, asked);
        Report seen = report(std::move(sight), there);
        if (!asked.empty() && there.empty()) seen = nothing(seen.unseen);
        seen.limits.clear();  // they change slowly, and would fill the screen
        std::set<std::string> now;
        for (const Object& object : seen.objects) now.insert(target(object));
        std::vector<std::string> lines = table(seen);
        lines.insert(lines.begin(), time_text() + (is_first ? "" : changes(before, now)));
        before = std::move(now);
        if (is_screen) {
            shm::say_line(picture(lines));
        } else {
            for (const std::string& line : lines) shm::say_line(line);
            shm::say_line("");
        }
        shm::pause_for(1s);
    }
}

}  // namespace doctor
