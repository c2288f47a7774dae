#include "mend.hpp"

#include "findings.hpp"
#include "look.hpp"
#include "names.hpp"
#include "sysv.hpp"

#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <sys/msg.h>  // msgctl
#include <sys/sem.h>  // semctl
#include <sys/shm.h>  // shmctl

#include <cerrno>

namespace doctor {

namespace {

/// Why it cannot be known of a set or queue whether it is in use.
std::string reason_to_doubt(const Object& object, const Unseen& unseen) {
    const bool is_queue = object.kind == Kind::queue;
    if (!is_queue && object.kind != Kind::semaphore_set) return {};
    if (object.last.empty()) {
        return fmt::format(
            "the kernel does not tell who made a {}, and no process that can be seen "
            "from here has used it yet",
            is_queue ? "queue" : "set");
    }
    const std::string hidden = why_hidden(unseen);
    if (is_queue && hidden.empty()) {
        return "the kernel keeps only who sent and who received last, and a process that used it "
               "earlier may live";
    }
    return fmt::format("the kernel does not tell {}, and {}",
                       is_queue ? "who waits for a queue" : "who used all of its semaphores last",
                       hidden);
}

/// Why it may be in use, by what the kernel keeps; empty: no process has it.
std::string reason_against(const Object& object, const Unseen& unseen) {
    if (std::string who = who_has(object); !who.empty()) return who;
    if (object.kind == Kind::segment && object.attached > 0) {
        return shm::count_text(object.attached, "attachment") +
               " of processes that are not shown here";
    }
    if (object.kind == Kind::semaphore_set && *object.size > most_semaphores) {
        return "it has so many semaphores that doctor does not ask each who used it last";
    }
    if (object.kind == Kind::semaphore_set && !object.may_look) {
        return "its semaphores may not be looked at by this user";
    }
    if (object.waiting > 0) {
        return shm::count_text(object.waiting, "process waits", "processes wait") + " for it";
    }
    std::vector<Past> known = object.last;
    if (object.creator) known.push_back(*object.creator);
    for (const Past& past : known) {
        if (past.is_alive) {
            return fmt::format("process {} ({}) used it before, and lives", past.pid,
                               past.program.empty() ? "?" : escaped(past.program));
        }
        if (past.pid == 0 && object.kind == Kind::segment && object.creator->pid == 0) {
            return "its creator cannot be seen from this pid namespace, and may live";
        }
    }
    if (object.kind == Kind::segment && object.untold != 0) {
        return "who attached it last cannot be seen from this pid namespace, and may live";
    }
    return is_certainly_unused(object, unseen) ? "" : reason_to_doubt(object, unseen);
}

std::string facts(const Object& object) {
    std::string text(kind_text(object.kind));
    if (object.id != -1) text += fmt::format(", key 0x{:08x}", object.key);
    if (object.kind == Kind::semaphore_set) {
        text += ", " + shm::count_text(*object.size, "semaphore");
    } else if (object.size) {
        text += ", " + bytes_text(*object.size);
    }
    if (object.messages != 0) text += ", " + shm::count_text(object.messages, "message");
    return text + ", made by " + user_text(object.uid);
}

int remove_id(const Object& object) {
    switch (object.kind) {
        case Kind::segment:
            return shmctl(object.id, IPC_RMID, nullptr);
        case Kind::semaphore_set:
            return semctl(object.id, 0, IPC_RMID);
        default:
            return msgctl(object.id, IPC_RMID, nullptr);
    }
}

/// The kernel has no call that removes only what no process uses: between the second look and the
/// removal, some microseconds, a process may still arrive.
void remove_system_v(Object object, const Unseen& unseen, bool is_forced) {
    if (!read_again(object)) throw shm::Failure(target(object) + ": is gone already");
    if (object.is_removed) {
        throw shm::Failure(target(object) + ": is marked for removal, and goes when the last of " +
                           shm::count_text(object.attached, "attachment") +
                           " is detached; end those who have it: " + who_has(object));
    }
    const std::string reason = reason_against(object, unseen);
    if (!reason.empty() && !is_forced) refuse(object, reason);
    const std::string what = target(object);
    const char* call = object.kind == Kind::segment         ? "shmctl IPC_RMID"
                       : object.kind == Kind::semaphore_set ? "semctl IPC_RMID"
                                                            : "msgctl IPC_RMID";
    shm::check(remove_id(object), call, what);
    if (!reason.empty()) shm::note("{}: {}; removed by --force", what, reason);
    if (object.kind == Kind::segment && object.attached > 0) {
        shm::say("Marked {} for removal: {}; it goes with the last who detaches", what,
                 facts(object));
    } else {
        shm::say("Removed {}: {}", what, facts(object));
    }
}

}  // namespace

std::string who_has(const Object& object) {
    constexpr std::size_t most = 5;
    std::string text;
    for (const User& user : object.users) {
        if (&user == &object.users[std::min(most, object.users.size() - 1)] &&
            object.users.size() > most) {
            text += fmt::format(" and {} more", object.users.size() - most);
            break;
        }
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", user.pid, escaped(user.program));
    }
    if (text.empty()) return text;
    return (object.users.size() == 1 ? "used by process " : "used by processes ") + text;
}

void refuse(const Object& object, const std::string& reason) {
    throw shm::Failure(fmt::format("{}: {}; not removed (--force removes it all the same)",
                                   escaped(target(object)), reason));
}

void mend(const std::string& text, bool is_forced) {
    Sight sight = look();
    const Object& object = find(sight.objects, text);
    if (object.kind == Kind::memfd || object.kind == Kind::nameless) {
        throw shm::Failure(escaped(target(object)) +
                           ": has no name that could be removed; it goes with the last who has "
                           "it: " +
                           who_has(object));
    }
    if (object.id != -1) {
        remove_system_v(object, sight.unseen, is_forced);
    } else {
        remove_name(object, sight.unseen, is_forced);
        shm::say("Removed {}: {}", escaped(target(object)), facts(object));
    }
}

}  // namespace doctor
