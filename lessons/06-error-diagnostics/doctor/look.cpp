#include "look.hpp"

#include "names.hpp"
#include "posix.hpp"
#include "processes.hpp"
#include "sysv.hpp"

#include "common/program/console.hpp"

#include <fmt/core.h>

#include <unistd.h>  // geteuid

#include <algorithm>
#include <set>
#include <tuple>

namespace doctor {

namespace {

/// Marks the nameless objects whose former name is another object's now.
void mark_replaced(std::vector<Object>& objects) {
    std::set<std::string> names;
    for (const Object& object : objects) {
        if (object.kind == Kind::object || object.kind == Kind::semaphore) {
            names.insert(file_name(object));
        }
    }
    for (Object& object : objects) {
        object.is_replaced = object.kind == Kind::nameless && names.count(object.name) != 0;
    }
}

}  // namespace

Sight look() {
    Sight sight;
    add_system_v(sight);
    add_posix(sight);
    add_users(sight);
    std::sort(sight.objects.begin(), sight.objects.end(), [](const Object& a, const Object& b) {
        return std::tie(a.kind, a.id, a.name, a.inode) < std::tie(b.kind, b.id, b.name, b.inode);
    });
    mark_replaced(sight.objects);
    for (Object& object : sight.objects) {
        std::sort(object.users.begin(), object.users.end(),
                  [](const User& a, const User& b) { return a.pid < b.pid; });
    }
    return sight;
}

Report report(Sight sight, const std::vector<std::string>& asked) {
    Report all;
    all.unseen = sight.unseen;
    all.is_whole = asked.empty();
    if (asked.empty()) {
        all.objects = std::move(sight.objects);
        all.limits = shm::limits();
    }
    if (!all.is_whole) {  // these are about the machine
        all.unseen.notes.clear();
        all.unseen.elsewhere.clear();
    }
    for (const std::string& text : asked) all.objects.push_back(find(sight.objects, text));
    for (const Object& object : all.objects) {
        for (Finding& finding : findings_of(object, all.unseen)) {
            all.findings.push_back(std::move(finding));
        }
    }
    if (all.is_whole) {
        for (Finding& finding : findings_of_machine(all.limits)) {
            all.findings.push_back(std::move(finding));
        }
    }
    std::stable_sort(
        all.findings.begin(), all.findings.end(),
        [](const Finding& a, const Finding& b) { return a.is_warning && !b.is_warning; });
    return all;
}

std::vector<std::string> unseen_text(const Unseen& unseen) {
    std::vector<std::string> all;
    if (unseen.processes != 0) {
        all.push_back(fmt::format(
            "{} could not be looked into, and may have these; {}",
            shm::count_text(unseen.processes, "process", "processes"),
            geteuid() != 0 ? "run as root to see them" : "not even this container's root may"));
    }
    if (unseen.hides_processes) {
        all.emplace_back("/proc hides the processes of other users (hidepid); root sees them");
    }
    if (unseen.is_inner) {
        all.emplace_back("this is a pid namespace of its own: processes outside it are not seen");
    }
    if (unseen.sleepers != 0) {
        all.push_back(fmt::format("of {} it is not known whether they wait for a queue or set",
                                  shm::count_text(unseen.sleepers, "process", "processes")));
    }
    all.insert(all.end(), unseen.notes.begin(), unseen.notes.end());
    return all;
}

}  // namespace doctor
