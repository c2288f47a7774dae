#include "watch.hpp"

#include "names.hpp"
#include "table.hpp"

#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"

#include <fmt/core.h>

#include <sys/ioctl.h>  // TIOCGWINSZ
#include <time.h>       // localtime_r
#include <unistd.h>     // isatty

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace doctor {

namespace {

using namespace std::chrono_literals;

/// What is there, by its target; first, of those with false, what has a name or an id. Memfds come
/// and go by the hundred where a desktop runs.
using There = std::set<std::pair<bool, std::string>>;

There targets_of(const std::vector<Object>& objects) {
    There all;
    for (const Object& object : objects) {
        const bool is_nameless = object.kind == Kind::memfd || object.kind == Kind::nameless;
        all.emplace(is_nameless, target(object));
    }
    return all;
}

/// Says what has come and what has gone since the last look.
std::string changes(const There& before, const There& now) {
    std::string text;
    There all = before;
    all.insert(now.begin(), now.end());
    for (const auto& each : all) {
        const bool is_new = before.count(each) == 0;
        if (!is_new && now.count(each) != 0) continue;
        text += fmt::format("  {} {}", is_new ? '+' : '-', escaped(each.second));
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

using Lines = std::vector<std::string>;

/// Leaves `most` lines of them, the last of which says how many more there are.
void cut(Lines& lines, std::size_t most) {
    if (lines.size() <= most) return;
    const std::size_t kept = std::max<std::size_t>(most, 1) - 1;
    const std::string rest = "... " + shm::count_text(lines.size() - kept, "more line");
    lines.resize(kept);
    lines.push_back(rest);
}

/// What fits on so many lines. The things may be hundreds, most of them other programs' memfds:
/// they leave half of the screen to what is wrong with them, if it takes so much.
Lines fitted(const std::string& headline, const Report& seen, std::size_t room) {
    Lines things = object_lines(seen);
    Lines findings = finding_lines(seen);
    const std::size_t left = std::max<std::size_t>(room, 4) - 2;  // the headline, and a blank line
    cut(findings, std::max(left / 2, left - std::min(left, things.size())));
    cut(things, left - findings.size());
    Lines all = {headline};
    all.insert(all.end(), things.begin(), things.end());
    all.emplace_back();
    all.insert(all.end(), findings.begin(), findings.end());
    return all;
}

/// The picture from the upper left corner, no line wider or lower than the terminal.
std::string picture(const std::string& headline, const Report& seen) {
    winsize window = {};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == -1 || window.ws_row == 0) {
        window.ws_row = 24;
        window.ws_col = 80;
    }
    std::string text = "\033[H";
    const Lines lines = fitted(headline, seen, window.ws_row);
    for (std::size_t next = 0; next < lines.size(); ++next) {
        text += fmt::format("{}{}\033[K", next == 0 ? "" : "\r\n",
                            lines[next].substr(0, window.ws_col));
    }
    return text + "\033[J";
}

/// One look, for what is no terminal.
void say_block(const std::string& headline, const Report& seen) {
    shm::say_line(headline);
    for (const std::string& line : table(seen)) shm::say_line(line);
    shm::say_line("");
}

/// What was asked for. Of what kind that is decides the first thing that is there: an id or a name
/// may be another kind's, too, as soon as a process makes one.
struct Asked {
    std::string text;
    std::optional<Kind> kind = {};
};

/// Decides the kinds of those that are there by now.
/// @throws UsageError if one may mean several things and is_first: later, one of them is taken
void decide_kinds(const Sight& sight, bool is_first, std::vector<Asked>& asked) {
    for (Asked& each : asked) {
        if (each.kind) continue;
        const auto meant =
            std::find_if(sight.objects.begin(), sight.objects.end(),
                         [&](const Object& object) { return is_meant(object, each.text); });
        if (meant == sight.objects.end()) continue;
        each.kind = is_first ? find(sight.objects, each.text).kind : meant->kind;
    }
}

/// Returns the targets of what is still there of what was asked for.
std::vector<std::string> still_there(const Sight& sight, const std::vector<Asked>& asked) {
    std::vector<std::string> there;
    for (const Asked& each : asked) {
        for (const Object& object : sight.objects) {
            if (object.kind != each.kind || !is_meant(object, each.text)) continue;
            there.push_back(target(object));
        }
    }
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

void watch(const std::vector<std::string>& names) {
    std::vector<Asked> asked;
    asked.reserve(names.size());
    for (const std::string& name : names) asked.push_back({name});
    const bool is_screen = isatty(STDOUT_FILENO) == 1;
    // A screen of its own, without a cursor; afterwards the old one is back.
    const shm::Cleanup restore([&] {
        constexpr std::string_view old_screen = "\033[?25h\033[?1049l";
        if (is_screen && write(STDOUT_FILENO, old_screen.data(), old_screen.size()) == -1) return;
    });
    if (is_screen) shm::say_line("\033[?1049h\033[?25l");
    There before;
    for (bool is_first = true;; is_first = false) {
        Sight sight = look();
        decide_kinds(sight, is_first, asked);
        const auto there = still_there(sight, asked);
        Report seen = report(std::move(sight), there);
        if (!asked.empty() && there.empty()) seen = nothing(seen.unseen);
        seen.limits.clear();  // they change slowly, and would fill the screen
        There now = targets_of(seen.objects);
        const std::string headline = time_text() + (is_first ? "" : changes(before, now));
        before = std::move(now);
        if (is_screen) {
            shm::say_line(picture(headline, seen));
        } else {
            say_block(headline, seen);
        }
        shm::pause_for(1s);
    }
}

}  // namespace doctor
