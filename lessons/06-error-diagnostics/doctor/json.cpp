#include "json.hpp"

#include "names.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>  // F_SEAL_SHRINK

#include <string_view>

namespace doctor {

namespace {

using nlohmann::ordered_json;

template <typename Value>
ordered_json or_null(const std::optional<Value>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

ordered_json text_or_null(const std::string& text) {
    return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

template <typename Elements, typename Made>
ordered_json list(const Elements& elements, Made made) {
    auto all = ordered_json::array();
    for (const auto& element : elements) all.push_back(made(element));
    return all;
}

ordered_json past(const Past& process) {
    return {{"pid", process.pid},
            {"alive", process.pid == 0 ? ordered_json(nullptr) : ordered_json(process.is_alive)},
            {"program", text_or_null(escaped(process.program))}};
}

ordered_json user(const User& user) {
    return {{"pid", user.pid},
            {"program", escaped(user.program)},
            {"mappings", user.mappings},
            {"open", user.has_open},
            {"waits", user.is_waiting}};
}

ordered_json seals(int bits) {
    constexpr int seal_exec = 0x20;  // F_SEAL_EXEC of Linux 6.3, which older headers lack
    auto names = ordered_json::array();
    const auto add = [&](int bit, const char* name) {
        if ((bits & bit) != 0) names.push_back(name);
    };
    add(F_SEAL_SEAL, "seal");
    add(F_SEAL_SHRINK, "shrink");
    add(F_SEAL_GROW, "grow");
    add(F_SEAL_WRITE, "write");
    add(F_SEAL_FUTURE_WRITE, "future_write");
    add(seal_exec, "exec");
    return names;
}

/// What only some kinds have.
void add_particulars(ordered_json& made, const Object& object) {
    if (object.id == -1) {
        made["inode"] = object.inode;
        made["links"] = object.links;
    } else {
        made["id"] = object.id;
        made["key"] = object.key;
        made["owner"] = or_null(object.owner);
        made["last"] = list(object.last, past);
    }
    if (object.kind == Kind::segment) {
        made["creator"] = past(*object.creator);
        made["attached"] = object.attached;
        made["unseen_attached"] = object.unseen();
        made["removed"] = object.is_removed;
    }
    if (object.kind == Kind::semaphore_set) {
        made["semaphores"] = *object.size;
        made["waiting"] = object.may_look ? ordered_json(object.waiting) : ordered_json(nullptr);
    }
    if (object.kind == Kind::queue) made["messages"] = object.messages;
    if (object.kind == Kind::memfd) {
        made["seals"] = object.seals ? seals(*object.seals) : ordered_json(nullptr);
    }
}

ordered_json object(const Object& object) {
    const bool is_set = object.kind == Kind::semaphore_set;
    ordered_json made = {{"kind", kind_text(object.kind)},
                         {"target", escaped(target(object))},
                         {"name", nullptr},
                         {"uid", nullptr},
                         {"user", nullptr},
                         {"mode", nullptr},
                         {"size", is_set ? ordered_json(nullptr) : or_null(object.size)},
                         {"resident", or_null(object.resident)},
                         {"users", list(object.users, user)}};
    if (object.id == -1) made["name"] = escaped(object.name);
    if (object.is_known()) {
        made["uid"] = object.uid;
        made["user"] = user_text(object.uid);
        made["mode"] = fmt::format("{:04o}", object.mode);
    }
    add_particulars(made, object);
    return made;
}

ordered_json finding(const Finding& finding) {
    return {{"code", finding.code},
            {"severity", finding.is_warning ? "warning" : "note"},
            {"target", text_or_null(escaped(finding.target))},
            {"text", finding.text},
            {"command", text_or_null(finding.command)},
            {"advice", text_or_null(escaped(finding.advice))}};
}

ordered_json limit(const shm::Limit& limit) {
    const bool is_unlimited = limit.most == shm::unlimited;
    return {{"name", limit.name},
            {"what", limit.what},
            {"unit", limit.unit},
            {"used", or_null(limit.used)},
            {"most", is_unlimited ? ordered_json(nullptr) : ordered_json(limit.most)},
            {"raise", limit.raise}};
}

}  // namespace

std::string json(const Report& report) {
    const ordered_json made = {{"schema", "doctor/1"},
                               {"whole", report.is_whole},
                               {"objects", list(report.objects, object)},
                               {"limits", list(report.limits, limit)},
                               {"findings", list(report.findings, finding)},
                               {"unseen_processes", report.unseen.processes},
                               {"unseen", list(unseen_text(report.unseen), escaped)},
                               {"not_looked_at", list(report.unseen.elsewhere, escaped)}};
    // replace: a byte that is no UTF-8, should one get here, costs one letter and not the report.
    return made.dump(2, ' ', true, ordered_json::error_handler_t::replace);
}

}  // namespace doctor
