#include "json.hpp"

#include "names.hpp"

#include "common/program/json.hpp"

#include <fmt/format.h>

#include <fcntl.h>  // F_SEAL_SHRINK

#include <string_view>

namespace doctor {

using shm::json_quoted;

namespace {

std::string number_or_null(const std::optional<std::uint64_t>& number) {
    return number ? fmt::format("{}", *number) : "null";
}

/// An array with a line for each element.
template <typename Elements, typename Text>
std::string list(const Elements& elements, std::string_view indent, Text text) {
    std::string all;
    for (const auto& element : elements) {
        all += fmt::format("{}\n{}{}", all.empty() ? "" : ",", indent, text(element));
    }
    return "[" + all + "]";
}

std::string past(const Past& process) {
    return fmt::format(R"({{"pid": {}, "alive": {}, "program": {}}})", process.pid,
                       process.pid == 0   ? "null"
                       : process.is_alive ? "true"
                                          : "false",
                       process.program.empty() ? "null" : json_quoted(escaped(process.program)));
}

std::string user(const User& user) {
    return fmt::format(R"({{"pid": {}, "program": {}, "mappings": {}, "open": {}, "waits": {}}})",
                       user.pid, json_quoted(escaped(user.program)), user.mappings, user.has_open,
                       user.is_waiting);
}

std::string seals(int bits) {
    std::vector<std::string> names;
    const auto add = [&](int bit, const char* name) {
        if ((bits & bit) != 0) names.push_back(json_quoted(name));
    };
    add(F_SEAL_SEAL, "seal");
    add(F_SEAL_SHRINK, "shrink");
    add(F_SEAL_GROW, "grow");
    add(F_SEAL_WRITE, "write");
    add(F_SEAL_FUTURE_WRITE, "future_write");
    return fmt::format("[{}]", fmt::join(names, ", "));
}

/// What only some kinds have.
std::string particulars(const Object& object) {
    std::string text;
    if (object.id == -1) {
        text += fmt::format(R"(, "inode": {}, "links": {})", object.inode, object.links);
    } else {
        text += fmt::format(R"(, "id": {}, "key": {})", object.id, object.key);
        text += fmt::format(R"(, "last": {})", list(object.last, "        ", past));
    }
    if (object.kind == Kind::segment) {
        text +=
            fmt::format(R"(, "creator": {}, "attached": {}, "unseen_attached": {}, "removed": {})",
                        past(*object.creator), object.attached, object.unseen(), object.is_removed);
    }
    if (object.kind == Kind::semaphore_set) {
        text += fmt::format(R"(, "semaphores": {}, "waiting": {})", *object.size,
                            object.may_look ? fmt::format("{}", object.waiting) : "null");
    }
    if (object.kind == Kind::queue) {
        text += fmt::format(R"(, "messages": {})", object.messages);
    }
    if (object.kind == Kind::memfd) {
        text += fmt::format(R"(, "seals": {})", object.seals ? seals(*object.seals) : "null");
    }
    return text;
}

std::string object(const Object& object) {
    const bool is_set = object.kind == Kind::semaphore_set;
    const bool is_known = object.size.has_value() || object.kind == Kind::posix_queue;
    std::string text =
        fmt::format(R"({{"kind": {}, "target": {}, "name": {},)",
                    json_quoted(kind_text(object.kind)), json_quoted(escaped(target(object))),
                    object.id == -1 ? json_quoted(escaped(object.name)) : "null");
    text +=
        fmt::format(R"( "uid": {}, "user": {}, "mode": {}, "size": {}, "resident": {})",
                    is_known ? fmt::format("{}", object.uid) : "null",
                    is_known ? json_quoted(user_text(object.uid)) : "null",
                    is_known ? json_quoted(fmt::format("{:04o}", object.mode)) : "null",
                    is_set ? "null" : number_or_null(object.size), number_or_null(object.resident));
    return text + fmt::format(",\n      \"users\": {}{}}}", list(object.users, "        ", user),
                              particulars(object));
}

std::string finding(const Finding& finding) {
    const auto or_null = [](const std::string& text) {
        return text.empty() ? "null" : json_quoted(escaped(text));
    };
    return fmt::format(
        R"({{"code": {}, "severity": {}, "target": {}, "text": {}, "command": {}, "advice": {}}})",
        json_quoted(finding.code), finding.is_warning ? R"("warning")" : R"("note")",
        or_null(finding.target), json_quoted(finding.text),
        finding.command.empty() ? "null" : json_quoted(finding.command), or_null(finding.advice));
}

std::string limit(const shm::Limit& limit) {
    return fmt::format(
        R"({{"name": {}, "what": {}, "unit": {}, "used": {}, "most": {}, "raise": {}}})",
        json_quoted(limit.name), json_quoted(limit.what), json_quoted(limit.unit),
        number_or_null(limit.used),
        limit.most == shm::unlimited ? "null" : fmt::format("{}", limit.most),
        json_quoted(limit.raise));
}

}  // namespace

std::string json(const Report& report) {
    const auto line = [](const std::string& text) { return json_quoted(escaped(text)); };
    std::string text = "{\n  \"schema\": \"doctor/1\",\n  \"whole\": ";
    text += report.is_whole ? "true" : "false";
    text += ",\n  \"objects\": " + list(report.objects, "    ", object);
    text += ",\n  \"limits\": " + list(report.limits, "    ", limit);
    text += ",\n  \"findings\": " + list(report.findings, "    ", finding);
    text += fmt::format(",\n  \"unseen_processes\": {}", report.unseen.processes);
    return text + ",\n  \"unseen\": " + list(unseen_text(report.unseen), "    ", line) + "\n}";
}

}  // namespace doctor
