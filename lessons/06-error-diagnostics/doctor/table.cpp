#include "table.hpp"

#include "names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace doctor {

namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t name_columns = 31;
constexpr std::size_t user_columns = 23;
constexpr std::size_t users_shown = 4;  // unless this one thing was asked for

using Lines = std::vector<std::string>;

std::string row(std::string_view what, std::string_view size, std::string_view resident,
                std::string_view mode, std::string_view maker, std::string_view user) {
    std::string text = fmt::format("{:<31}  {:>8}  {:>9}  {:>4}  {:<15}  {}", what, size, resident,
                                   mode, maker, user);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string size_text(const Object& object) {
    if (!object.size) return "?";
    if (object.kind != Kind::semaphore_set) return bytes_text(*object.size);
    return fmt::format("{} sem", *object.size);
}

std::string resident_text(const Object& object) {
    return object.resident ? bytes_text(*object.resident) : "-";
}

std::string what_text(const Object& object) {
    std::string text = escaped(target(object));
    if (object.key != 0) text += fmt::format(" 0x{:08x}", object.key);
    const bool has_number = object.kind == Kind::memfd || object.kind == Kind::nameless;
    if (has_number && !object.name.empty()) text += " " + escaped(object.name);
    return text;
}

std::string maker_text(const Object& object) {
    if (!object.size) return "?";  // a memfd whose file cannot be reached
    std::string pid;
    if (object.creator && object.creator->pid != 0) pid = fmt::format(" {}", object.creator->pid);
    return user_text(object.uid).substr(0, 15 - pid.size()) + pid;
}

std::string user_line(const User& user) {
    std::string text = fmt::format("{} {}", user.pid, escaped(user.program));
    const std::string_view how = user.is_waiting ? " (waits)" : user.mappings == 0 ? " (open)" : "";
    return text.substr(0, user_columns - how.size()).append(how);
}

Lines users(const Object& object, bool with_all) {
    Lines all;
    for (const User& user : object.users) {
        if (!with_all && all.size() == users_shown - 1 && object.users.size() > users_shown) {
            all.push_back(fmt::format("and {} more", object.users.size() - all.size()));
            break;
        }
        all.push_back(user_line(user));
    }
    if (object.unseen() != 0) all.push_back(fmt::format("{} not seen", object.unseen()));
    if (all.empty() && object.waiting != 0) all.push_back(fmt::format("{} wait", object.waiting));
    if (all.empty()) all.emplace_back("-");
    return all;
}

void add_object(const Object& object, bool with_all, Lines& lines) {
    const std::string what = what_text(object);
    if (what.size() > name_columns) lines.push_back(what);  // a line of its own
    const std::string size = size_text(object);
    const std::string mode = object.size ? fmt::format("{:04o}", object.mode) : "?";
    Lines all = users(object, with_all);
    lines.push_back(row(what.size() > name_columns ? "" : what, size, resident_text(object), mode,
                        maker_text(object), all.front()));
    for (std::size_t next = 1; next < all.size(); ++next) {
        lines.push_back(row("", "", "", "", "", all[next]));
    }
}

/// Breaks a sentence between words.
void add_text(std::string_view first, std::string_view others, std::string_view text,
              Lines& lines) {
    std::string line(first);
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        if (line.size() + 1 + word.size() > columns) {
            lines.push_back(line);
            line = others;
        }
        line += fmt::format("{}{}", line.ends_with(' ') ? "" : " ", word);
        text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    lines.push_back(line);
}

void add_finding(const Finding& finding, Lines& lines) {
    const std::string whose = finding.target.empty() ? "" : escaped(finding.target) + ": ";
    add_text(finding.is_warning ? "! " : "  ", "  ", whose + finding.text, lines);
    if (!finding.command.empty()) lines.push_back("      " + finding.command);
    if (!finding.advice.empty()) add_text("      ", "      ", finding.advice, lines);
}

}  // namespace

std::vector<std::string> object_lines(const Report& report) {
    Lines lines = {row("what", "size", "in memory", "mode", "made by", "who has it now")};
    for (const Object& object : report.objects) add_object(object, !report.is_whole, lines);
    if (report.objects.empty()) lines.emplace_back("(nothing)");
    return lines;
}

std::vector<std::string> finding_lines(const Report& report) {
    Lines lines;
    if (report.findings.empty()) lines.emplace_back("Nothing is wrong.");
    if (!report.findings.empty())
        lines.emplace_back("What is wrong (!), what to know, what to do:");
    for (const Finding& finding : report.findings) add_finding(finding, lines);
    const Lines hidden = unseen_text(report.unseen);
    if (!hidden.empty()) lines.emplace_back();
    for (const std::string& text : hidden) add_text("Not seen:", "    ", text, lines);
    return lines;
}

std::vector<std::string> table(const Report& report) {
    Lines lines = object_lines(report);
    lines.emplace_back();
    if (!report.limits.empty()) {
        for (std::string& line : limit_lines(report.limits)) lines.push_back(std::move(line));
        lines.emplace_back();
    }
    for (std::string& line : finding_lines(report)) lines.push_back(std::move(line));
    return lines;
}

}  // namespace doctor
