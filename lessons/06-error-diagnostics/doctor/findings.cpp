#include "findings.hpp"

#include "names.hpp"
#include "posix.hpp"

#include "common/program/console.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <fcntl.h>  // F_SEAL_SHRINK

#include <algorithm>
#include <cctype>
#include <set>

namespace doctor {

namespace {

/// sem_open makes a semaphore under such a name, and then gives it its own (glibc).
bool is_temporary(const std::string& name) {
    return name.size() == 6 && std::all_of(name.begin(), name.end(), [](unsigned char letter) {
               return std::isalnum(letter) != 0;
           });
}

std::string path_of(const Object& object) {
    return shm::for_shell(std::string(shm_folder) + "/" + file_name(object));
}

std::string pids_of(const Object& object) {
    std::string pids;
    for (const User& user : object.users) pids += fmt::format(" {}", user.pid);
    return pids;
}

/// Everybody may write it, or read it.
void judge_mode(const Object& object, const auto& add) {
    const bool is_file = object.kind == Kind::object || object.kind == Kind::semaphore;
    const bool is_queue = object.kind == Kind::posix_queue;
    const bool is_system_v = object.id != -1;
    if (!is_file && !is_queue && !is_system_v) return;  // others cannot find what has no name
    const std::string chmod = is_file ? "chmod 600 " + path_of(object) : "";
    const std::string advice =
        is_queue
            ? "where they are mounted: chmod 600 " + shm::for_shell("/dev/mqueue/" + object.name)
            : "no command changes it: its creator has to ask for 0600 (man 2 shmget)";
    if ((object.mode & 0002U) != 0) {
        add(true, "world-writable", "every user can write it", chmod, advice);
    } else if ((object.mode & 0004U) != 0) {
        add(false, "world-readable", "every user can read it", chmod, advice);
    }
}

/// The creator keeps the owner's rights (man 2 shmctl, IPC_SET).
void judge_owner(const Object& object, const auto& add) {
    if (!object.owner || *object.owner == object.uid) return;
    add(true, "given-away",
        fmt::format("belongs to {}, but {} made it, and may do what its owner may: who looks at "
                    "the owner alone trusts the wrong one",
                    user_text(*object.owner), user_text(object.uid)),
        "", "use one whose creator (IPC_STAT: cuid) is the right one, too");
}

/// Who detached may attach again.
void judge_left_segment(const Object& object, const auto& add) {
    const std::string who =
        fmt::format("no process is attached, and its creator ({}) has ended", object.creator->pid);
    if (const Past* last = last_user(object)) {
        add(false, "unused", fmt::format("{}; process {} used it last, and lives", who, last->pid),
            "");
    } else if (object.untold != 0) {
        add(false, "unused",
            who + "; who attached it last cannot be seen from this pid namespace, and may live",
            mend_command(object) + " --force");
    } else {
        add(true, "left-behind", who, mend_command(object));
    }
}

void judge_segment(const Object& object, const auto& add) {
    if (object.is_removed) {
        const std::string pids = pids_of(object);
        add(false, "marked-for-removal",
            fmt::format("marked for removal: no key leads to it any more, and it goes when the "
                        "last of {} is detached",
                        shm::count_text(object.attached, "attachment")),
            pids.empty() ? "" : "kill" + pids, "end those who have it");
    } else if (object.attached == 0 && object.creator->pid != 0 && !object.creator->is_alive) {
        judge_left_segment(object, add);
    } else if (object.attached == 0 && object.creator->pid == 0) {
        add(false, "unused",
            "no process is attached; its creator cannot be seen from this pid namespace",
            mend_command(object) + " --force");
    }
}

void judge_set(const Object& object, const Unseen& unseen, const auto& add) {
    if (is_certainly_unused(object, unseen)) {
        add(false, "left-behind",  // a note: who used it earlier is not kept, and may live
            "no process waits for it, and of those who changed it last none lives: left behind?",
            mend_command(object));
    } else if (unseen.is_inner && is_perhaps_unused(object)) {
        add(false, "unused",
            fmt::format("no process waits for it, and those that are known to have changed it have "
                        "ended; of {} the kernel does not tell which was last: none, or a process "
                        "outside this pid namespace",
                        shm::count_text(object.untold, "semaphore")),
            mend_command(object) + " --force");
    }
}

void judge_empty_file(const Object& object, const Unseen& unseen, const auto& add) {
    if (!object.users.empty()) {
        add(false, "zero-sized", "0 bytes: not sized yet, or never; a touch is SIGBUS", "");
        return;
    }
    const bool is_unused = is_certainly_unused(object, unseen);
    const std::string text =
        object.kind == Kind::semaphore
            ? "0 bytes: not made by sem_open, which gives no name before it is whole"
        : is_unused ? "0 bytes, and no process has it: never sized, or emptied"
                    : "0 bytes, and no process that can be seen here has it: not sized yet?";
    add(is_unused, "zero-sized", text + "; a touch is SIGBUS", mend_command(object));
}

void judge_file(const Object& object, const Unseen& unseen, const auto& add) {
    const bool is_sem_opens = object.kind == Kind::semaphore && is_temporary(object.name);
    if (object.size == 0U && !is_sem_opens) judge_empty_file(object, unseen, add);
    if (object.links > 1) {
        add(false, "several-names",
            fmt::format("is one of {} names of the same memory", object.links),
            fmt::format("ls -li {}", shm_folder));
    }
    if (!object.users.empty()) return;
    const std::string who = is_certainly_unused(object, unseen)
                                ? "no process has it mapped or open"
                                : "no process that can be seen here has it mapped or open";
    if (is_sem_opens) {
        add(false, "left-behind", who + "; a killed sem_open leaves names like this",
            mend_command(object));
    } else if (object.size != 0U) {
        add(false, "unused", who + ": left behind?", mend_command(object));
    }
}

/// The processes that have it go on, and one that comes later does not meet them.
void judge_nameless(const Object& object, const auto& add) {
    const std::string users =
        shm::count_text(object.users.size(), "process has it", "processes have it");
    const std::string restart = "and start them again: kill" + pids_of(object);
    if (object.is_replaced) {
        add(true, "lost-name",
            fmt::format("{}, and the name /{} is another object's now: who opens that does not "
                        "meet them",
                        users, escaped(object.name)),
            "", "end those who have the old one, " + restart);
    } else if (!object.name.empty() && !object.name.starts_with('#')) {  // that never had one
        add(false, "lost-name",
            fmt::format("{}, and the name /{} was removed: no other process can open it (some "
                        "programs mean it so)",
                        users, escaped(object.name)),
            "", "if they wait for others: end them, " + restart);
    }
}

/// How many different ones there are, of those that are known.
template <typename Value>
std::size_t count_of(const Object& object, Value User::*member) {
    std::set<Value> all;
    for (const User& user : object.users) {
        if (user.*member != Value()) all.insert(user.*member);
    }
    return all.size();
}

/// What the processes that have it may read differently.
void judge_users(const Object& object, const auto& add) {
    const auto namespaces = count_of(object, &User::pid_namespace);
    if (namespaces > 1) {
        add(false, "two-pid-namespaces",
            fmt::format("processes of {} pid namespaces (containers?) have it: a pid, or the owner "
                        "of a robust mutex, in it is another process in each",
                        namespaces),
            "", "one pid namespace for all, or locks without pids: SEM_UNDO, F_OFD_SETLK");
    }
    if (count_of(object, &User::word_bits) > 1) {
        add(false, "two-word-sizes",
            "programs of 32 and of 64 bits have it: pointers, mutexes and semaphores in it have "
            "another size in each",
            "", "build all for the same machine, or share members of fixed widths only");
    }
}

void judge_queue(const Object& object, const Unseen& unseen, const auto& add) {
    if (object.capacity != 0 && *object.size * 100 >= object.capacity * near_percent) {
        add(true, "nearly-full",
            fmt::format("{} of {} bytes are used: msgsnd will wait", *object.size, object.capacity),
            "", "see why no process receives (man 2 msgop)");
    }
    // The kernel does not count who waits for one.
    if (is_perhaps_unused(object) && unseen.sleepers == 0 && !unseen.may_hide_users()) {
        const std::string who =
            object.last.size() == 1
                ? "the process that sent last has ended, and none has received"
                : "neither the process that sent last nor the one that received last lives";
        const std::string messages =
            object.messages == 0 ? ""
                                 : ": " + shm::count_text(object.messages, "message") + " in it";
        add(false, "unused", who + " (who used it earlier is not kept, and may live)" + messages,
            mend_command(object) + " --force");
    }
}

void judge_memfd(const Object& object, const auto& add) {
    if (object.users.size() < 2 || !object.seals) return;
    if ((*object.seals & F_SEAL_SHRINK) == 0) {
        add(false, "unsealed",
            fmt::format("{} have it, and each may shrink it: a touch beyond its end is SIGBUS",
                        shm::count_text(object.users.size(), "process", "processes")),
            "",
            (*object.seals & F_SEAL_SEAL) != 0
                ? "its creator: make it anew with MFD_ALLOW_SEALING, since this one takes no "
                  "seals any more, and then seal it (man 2 memfd_create)"
                : "its creator: fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) (man 2 F_GET_SEALS)");
    }
}

}  // namespace

std::vector<Finding> findings_of(const Object& object, const Unseen& unseen) {
    std::vector<Finding> all;
    const auto add = [&](bool is_warning, const char* code, std::string text, std::string command,
                         std::string advice = "") {
        if (!command.empty()) advice.clear();
        all.push_back({is_warning, code, target(object), std::move(text), std::move(command),
                       std::move(advice)});
    };
    if (object.kind == Kind::segment) judge_segment(object, add);
    if (object.kind == Kind::semaphore_set) judge_set(object, unseen, add);
    const bool is_file = object.kind == Kind::object || object.kind == Kind::semaphore;
    if (is_file) judge_file(object, unseen, add);
    if (object.kind == Kind::queue) judge_queue(object, unseen, add);
    if (object.kind == Kind::memfd) judge_memfd(object, add);
    if (object.kind == Kind::nameless) judge_nameless(object, add);
    // What lies in a named semaphore the C library alone decides; a memfd's users have met.
    if (object.kind == Kind::segment || object.kind == Kind::object) judge_users(object, add);
    judge_owner(object, add);
    judge_mode(object, add);
    return all;
}

}  // namespace doctor
