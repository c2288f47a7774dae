#include "table.hpp"

#include "names.hpp"

#include "common/program/console.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

namespace doctor {

namespace {

constexpr std::size_t name_columns = 21;
constexpr std::size_t maker_columns = 12;
constexpr std::size_t user_columns = 20;
constexpr std::size_t users_shown = 4;  // unless this one thing was asked for

using Lines = std::vector<std::string>;

std::string row(std::string_view what, std::string_view size, std::string_view resident,
                std::string_view mode, std::string_view maker, std::string_view user) {
    std::string text =
        fmt::format("{:<21} {:>8} {:>9} {:>4}  {:<12} {}", what, size, resident, mode, maker, user);
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
    const bool has_number = object.kind == Kind::memfd || object.kind == Kind::nameless;
    if (has_number && !object.name.empty()) text += " " + escaped(object.name);
    return text;
}

/// Breaks what is longer than its column, at a space where there is one; what goes on below is
/// indented.
Lines parts(std::string_view text, std::size_t most) {
    Lines all;
    std::string begin;
    while (begin.size() + text.size() > most) {
        const std::size_t room = most - begin.size();
        const std::size_t space = text.substr(0, room + 1).rfind(' ');
        const bool is_word = space == std::string_view::npos || space == 0;
        all.push_back(begin + std::string(text.substr(0, is_word ? room : space)));
        text.remove_prefix(is_word ? room : space + 1);
        begin = "  ";
    }
    all.push_back(begin + std::string(text));
    return all;
}

/// Whose it is, and below, where the kernel keeps it, who made it: an account's name may be of any
/// length.
Lines makers_of(const Object& object) {
    if (!object.is_known()) return {"?"};
    Lines all = parts(user_text(object.uid), maker_columns);
    if (object.creator && object.creator->pid != 0) {
        all.push_back(fmt::format("  {}", object.creator->pid));
    }
    return all;
}

std::string user_line(const User& user) {
    std::string text = fmt::format("{} {}", user.pid, escaped(user.program));
    const std::string_view how = user.is_waiting ? " (waits)" : user.mappings == 0 ? " (open)" : "";
    return text.append(how);
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
    if (object.unseen() != 0)
        all.push_back(shm::count_text(object.unseen(), "attachment") + " not seen");
    if (all.empty() && object.waiting != 0) all.push_back(fmt::format("{} wait", object.waiting));
    if (all.empty()) all.emplace_back("-");
    return all;
}

/// Returns a column's next line, or "".
std::string at(const Lines& column, std::size_t number) {
    return number < column.size() ? column[number] : "";
}

void add_object(const Object& object, bool with_all, Lines& lines) {
    Lines what = {what_text(object)};
    if (what.front().size() > name_columns) {  // lines of its own
        for (std::string& part : parts(what.front(), shm::line_width))
            lines.push_back(std::move(part));
        what.front().clear();
    }
    // Always below: an id may be of one digit or of ten, and a table should not look otherwise for
    // it.
    if (object.key != 0) what.push_back(fmt::format("  0x{:08x}", object.key));
    const std::string mode = object.is_known() ? fmt::format("{:04o}", object.mode) : "?";
    const Lines makers = makers_of(object);
    Lines all;
    for (const std::string& user : users(object, with_all)) {
        for (std::string& part : parts(user, user_columns)) all.push_back(std::move(part));
    }
    lines.push_back(row(what.front(), size_text(object), resident_text(object), mode,
                        makers.front(), all.front()));
    for (std::size_t next = 1; next < std::max({what.size(), all.size(), makers.size()}); ++next) {
        lines.push_back(row(at(what, next), "", "", "", at(makers, next), at(all, next)));
    }
}

/// Breaks a sentence between words.
void add_text(std::string_view first, std::string_view others, std::string_view text,
              Lines& lines) {
    for (std::string& line : shm::folded(first, others, text)) lines.push_back(std::move(line));
}

void add_finding(const Finding& finding, Lines& lines) {
    const std::string whose = finding.target.empty() ? "" : escaped(finding.target) + ": ";
    std::string begin = finding.is_warning ? "! " : "  ";
    if (begin.size() + whose.size() > shm::line_width) {  // one word, and a long one
        for (std::string& part : parts(begin + whose, shm::line_width)) {
            lines.push_back(std::move(part));
        }
        add_text("    ", "    ", finding.text, lines);
    } else {
        add_text(begin, "    ", whose + finding.text, lines);
    }
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
    for (const std::string& text : hidden) add_text("Not seen: ", "    ", escaped(text), lines);
    for (const std::string& text : report.unseen.elsewhere) {
        add_text("Not looked at: ", "    ", escaped(text), lines);
    }
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
