#include "tests/harness/tour_layout.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace harness::tour {

namespace {

constexpr int time_width = 10;  // "  12.345  "
constexpr int gap = 2;
constexpr int wanted_lane = 60;  // with its share of gaps and times
constexpr int widest_lane = 80;  // wider, and the eye loses the line

bool continues(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80;
}

/// The character that `text` begins with: its number and its length in bytes; a length of 0 if
/// there is no proper one.
struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0;
};

Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
    std::uint32_t code = lead & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(text[i])) return {};
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    return {code, length};
}

std::string_view in_ascii(std::uint32_t code) {
    static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 17> known = {{
        {0x00a0, " "},
        {0x00b7, "-"},
        {0x00d7, "x"},
        {0x2013, "-"},
        {0x2014, "-"},
        {0x2018, "'"},
        {0x2019, "'"},
        {0x201c, "\""},
        {0x201d, "\""},
        {0x2026, "..."},
        {0x2190, "<-"},
        {0x2192, "->"},
        {0x23ce, "<-"},
        {0x2500, "-"},
        {0x2264, "<="},
        {0x2265, ">="},
        {0x2702, "x"},
    }};
    const auto* entry =
        std::find_if(known.begin(), known.end(), [&](const auto& e) { return e.first == code; });
    return entry == known.end() ? "?" : entry->second;
}

std::string_view colour_of(std::size_t lane) {
    static constexpr std::array<std::string_view, 6> colours = {"36", "33", "35", "32", "34", "96"};
    return colours.at(lane % colours.size());
}

/// Returns where in `text` the first `count` characters end.
std::size_t bytes_of(std::string_view text, int count) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (!continues(text[at]) && count-- == 0) break;
        ++at;
    }
    return at;
}

}  // namespace

int columns(std::string_view text) {
    return static_cast<int>(
        text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues)));
}

std::string showable(std::string_view text, const Screen& screen) {
    std::string shown;
    while (!text.empty()) {
        const auto [code, length] = first_character(text);
        const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        const std::size_t taken = std::max<std::size_t>(length, 1);
        if (code == '\t') {
            shown += "    ";
        } else if (length == 0 || control) {
            for (const char byte : text.substr(0, taken))
                shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        } else if (code < 0x80 || screen.utf8) {
            shown += text.substr(0, taken);
        } else {
            shown += in_ascii(code);
        }
        text.remove_prefix(taken);
    }
    return shown;
}

std::vector<std::string> wrap(std::string_view text, int width, int hang) {
    std::vector<std::string> lines;
    std::string indent;
    int room = std::max(width, 1);
    while (columns(text) > room) {
        const std::size_t end = bytes_of(text, room);
        // A blank right behind the last column will do, too; one in the indentation will not.
        const std::size_t blank = text.rfind(' ', end);
        const bool at_blank =
            blank != std::string_view::npos && text.find_first_not_of(' ') < blank;
        lines.push_back(indent + std::string(text.substr(0, at_blank ? blank : end)));
        text.remove_prefix(at_blank ? blank + 1 : end);
        indent.assign(static_cast<std::size_t>(hang), ' ');
        room = std::max(width - hang, 1);
    }
    lines.push_back(indent + std::string(text));
    return lines;
}

std::string paragraph(std::string_view text) {
    std::string result;
    bool between = false;
    for (const char c : text) {
        if (c == ' ' || c == '\n' || c == '\t') {
            between = !result.empty();
        } else {
            if (between) result += ' ';
            between = false;
            result += c;
        }
    }
    return result;
}

std::string painted(std::string_view text, std::string_view colours, const Screen& screen) {
    if (!screen.colour || text.empty()) return std::string(text);
    return fmt::format("\033[{}m{}\033[0m", colours, text);
}

Lanes::Lanes(const Screen& screen, std::vector<std::string> names, std::vector<bool> tables)
    : screen_(screen), names_(std::move(names)), tables_(std::move(tables)) {
    tables_.resize(names_.size());
    for (std::string& name : names_) name = showable(name, screen_);
    const int lanes = std::max(static_cast<int>(names_.size()), 1);
    const bool endless = screen_.width >= Screen::endless;
    side_by_side_ = lanes == 1 || (!endless && screen_.width >= lanes * wanted_lane);
    if (endless) {
        text_width_ = Screen::endless;
        for (const std::string& name : names_) name_width_ = std::max(name_width_, columns(name));
    } else if (side_by_side_) {
        text_width_ =
            std::min((screen_.width - time_width - (lanes - 1) * gap) / lanes, widest_lane);
    } else {
        for (const std::string& name : names_) name_width_ = std::max(name_width_, columns(name));
        name_width_ = std::min(name_width_, screen_.width / 4);  // a longer one is wrapped
        text_width_ = screen_.width - time_width - name_width_ - gap;
    }
    text_width_ = std::max(text_width_, 10);
}

std::string Lanes::heading() const {
    if (!side_by_side_) return "    time";
    std::string line = fmt::format("{:<{}}", "    time", time_width);
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const std::string name = wrap(names_[i], text_width_).front();
        line += painted(name, fmt::format("1;{}", colour_of(i)), screen_);
        if (i + 1 == names_.size()) break;
        line.append(static_cast<std::size_t>(text_width_ + gap - columns(name)), ' ');
    }
    return line;
}

namespace {

/// A command may have several lines, as a script in quotes has.
std::vector<std::string> wrapped_lines(std::string_view mark, std::string_view text,
                                       const Screen& screen, int width) {
    std::vector<std::string> all;
    for (std::string before{mark};; before.clear()) {
        const std::size_t end = text.find('\n');
        for (std::string& line : wrap(before + showable(text.substr(0, end), screen), width, 2))
            all.push_back(std::move(line));
        if (end == std::string_view::npos) return all;
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::vector<std::string> Lanes::rows(std::size_t lane, std::chrono::milliseconds time, Tone tone,
                                     std::string_view text) const {
    const std::string_view colour = colour_of(lane);
    std::string ink{colour};
    std::string_view mark;
    switch (tone) {
        case Tone::command:
            ink = fmt::format("1;{}", colour);
            mark = "$ ";
            break;
        case Tone::output:
            break;
        case Tone::note:
            mark = "! ";
            break;
        case Tone::event:
            ink = fmt::format("2;{}", colour);
            break;
        case Tone::blow:
            ink = "1;31";
            break;
    }
    if (tone == Tone::output && tables_.at(lane)) {
        std::vector<std::string> whole = wrap(showable(text, screen_), screen_.width);
        for (std::string& line : whole) line = painted(line, ink, screen_);
        return whole;
    }
    const std::vector<std::string> texts = wrapped_lines(mark, text, screen_, text_width_);
    const auto names =
        side_by_side_ ? std::vector<std::string>{} : wrap(names_.at(lane), name_width_);
    // Side by side, a lane is reached over those before it; else its name stands there.
    const int skipped = side_by_side_ ? static_cast<int>(lane) * (text_width_ + gap) : 0;

    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::max(texts.size(), names.size()); ++i) {
        std::string line = i == 0
                               ? fmt::format("{:>8.3f}  ", static_cast<double>(time.count()) / 1000)
                               : std::string(time_width, ' ');
        line = i == 0 ? painted(line, "2", screen_) : line;
        line.append(static_cast<std::size_t>(skipped), ' ');
        if (!side_by_side_) {
            const std::string name = i < names.size() ? names[i] : "";
            line += painted(name, colour, screen_);
            line.append(static_cast<std::size_t>(name_width_ + gap - columns(name)), ' ');
        }
        if (i < texts.size()) line += painted(texts[i], ink, screen_);
        const std::size_t last = line.find_last_not_of(' ');
        lines.push_back(line.substr(0, last + 1));
    }
    return lines;
}

std::chrono::milliseconds time_to_read(std::string_view text) {
    return std::chrono::milliseconds(300) + std::chrono::milliseconds(40) * columns(text);
}

}  // namespace harness::tour
