#include "tests/harness/tour_page.hpp"

#include "common/program/program.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace fs = std::filesystem;

namespace harness::tour {

std::string sentence(std::string name) {
    if (!name.empty() && name.front() >= 'a' && name.front() <= 'z') name.front() -= 'a' - 'A';
    return name + ".";
}

std::string from_here(const fs::path& path) {
    const fs::path near = fs::proximate(path);
    return near.begin()->string() == ".." ? path.string() : near.string();
}

Page::Page(const Screen& screen)
    : screen_(screen),
      width_(screen.width >= Screen::endless ? screen.width : std::min(screen.width, 100)) {}

void Page::blank() const {
    shm::say_line("");
}

void Page::rule() const {
    std::string line;
    for (int i = 0; i < line_width(); ++i) line += "─";
    shm::say_line(painted(showable(line, screen_), "2", screen_));
}

/// `left` in bold and `right` at the end of the line, or below where they do not fit.
void Page::title(const std::string& left, const std::string& right) const {
    const std::string shown = showable(left, screen_);
    const int space = line_width() - columns(shown) - columns(right);
    if (space >= 2) {
        shm::say("{}{:>{}}", painted(shown, "1", screen_), right, space + columns(right));
        return;
    }
    for (const std::string& line : wrap(shown, width_)) shm::say_line(painted(line, "1", screen_));
    shm::say_line(right);
}

/// A paragraph, the first words of it in `colours`.
void Page::text(const std::string& first, const std::string& colours, const std::string& rest,
                int indent) const {
    const std::string head = showable(first, screen_);
    std::string all = head;
    if (!head.empty() && !rest.empty()) all += "  ";
    all += showable(paragraph(rest), screen_);
    lines(wrap(all, width_ - indent), indent, head, colours);
}

/// Lines that stay lines, as in a report.
void Page::as_it_stands(const std::string& text, int indent) const {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines(wrap(showable(text.substr(at, end - at), screen_), screen_.width - indent, 4), indent,
              "", "");
        at = end + 1;
    }
}

/// Rules and titles end somewhere also where lines do not.
int Page::line_width() const {
    return std::min(width_, 100);
}

void Page::lines(const std::vector<std::string>& all, int indent, std::string head,
                 const std::string& colours) const {
    for (std::string line : all) {
        // The head may be longer than the first line.
        const std::size_t same = std::min(head.size(), line.size());
        if (same > 0 && line.compare(0, same, head, 0, same) == 0) {
            head.erase(0, same);
            head.erase(0, head.find_first_not_of(' '));
            line = painted(line.substr(0, same), colours, screen_) + line.substr(same);
        }
        line.insert(0, line.empty() ? 0 : static_cast<std::size_t>(indent), ' ');
        shm::say_line(line);
    }
}

void Live::begins(const Scene&, const std::vector<Lane>& all) {
    std::vector<std::string> names;
    std::vector<bool> tables;
    for (const Lane& lane : all) {
        names.push_back(lane.name);
        tables.push_back(lane.table);
    }
    lanes_.emplace(screen_, std::move(names), std::move(tables));
    shm::say_line(lanes_->heading());
}
void Live::starts(const Lane& lane, Time time) {
    show(lane, time, Lanes::Tone::command,
         fmt::format("{}  (pid\u00a0{})", lane.command, lane.pid));
}
void Live::prints(const Lane& lane, Time time, Stream stream, const std::string& line) {
    show(lane, time, stream == Stream::err ? Lanes::Tone::note : Lanes::Tone::output, line);
}
void Live::is_given(const Lane& lane, Time time, const std::string& input) {
    show(lane, time, Lanes::Tone::event, "⏎ " + input);
}
void Live::is_killed(const Lane& lane, Time time, const std::string& how) {
    show(lane, time, Lanes::Tone::blow, "✂ " + how);
}
void Live::ends(const Lane& lane, Time time, const std::string& how) {
    show(lane, time, Lanes::Tone::event, "ended: " + how);
}

void Live::show(const Lane& lane, Time time, Lanes::Tone tone, const std::string& text) {
    for (const std::string& line :
         lanes_.value().rows(static_cast<std::size_t>(lane.index), time, tone, text))
        shm::say_line(line);
    if (slow_) shm::pause_for(time_to_read(text));
}

}  // namespace harness::tour
