#include "common/kernel/capability.hpp"
#include "common/kernel/reason.hpp"
#include "common/kernel/reason_looking.hpp"
#include "common/program/error.hpp"  // UsageError
#include "common/program/name.hpp"   // require_object_name
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <fcntl.h>             // O_CREAT
#include <linux/capability.h>  // CAP_SYS_RESOURCE
#include <sys/resource.h>      // RLIMIT_MSGQUEUE
#include <sys/stat.h>          // lstat
#include <unistd.h>            // geteuid, R_OK

#include <cerrno>
#include <climits>  // NAME_MAX, SEM_VALUE_MAX
#include <cstring>  // strlen
#include <string_view>

namespace shm {

using looking::mode_allows;
using looking::raise_text;
using looking::user_text;

namespace {

/// The file below /dev/shm, if there is one.
struct File {
    std::string path;
    bool is_there = false;
    struct stat facts = {};

    explicit File(std::string path_of_it) : path(std::move(path_of_it)) {
        is_there = lstat(path.c_str(), &facts) == 0;
    }
    std::string whose() const {
        return fmt::format("it belongs to {}, mode {:04o}", user_text(facts.st_uid),
                           facts.st_mode & 07777U);
    }
};

/// The file of the object of that name; the slash may be missing.
std::string object_path(const char* name) {
    return std::string("/dev/shm/") + (*name == '/' ? name + 1 : name);
}

/// What removes a file, as it can be pasted into a shell.
std::string removal_of(const std::string& path, const char* command = "rm") {
    return fmt::format("{} {}", command, for_shell(path));
}

/// The rule for names that this one breaks, or "".
std::string broken_rule(std::string_view name) {
    try {
        require_object_name(name);
        return {};
    } catch (const UsageError& error) {
        return error.what();
    }
}

/// Since Linux 4.19, O_CREAT on what is another user's fails in a sticky directory that all may
/// write, whatever its mode is, for root too (man 5 proc_sys_fs, protected_regular).
bool is_protected(const File& file, int flags) {
    struct stat directory = {};
    const auto setting = sysctl_limit("fs.protected_regular", "", "");
    return (flags & O_CREAT) != 0 && setting && setting->most > 0 &&
           stat("/dev/shm", &directory) == 0 && (directory.st_mode & S_ISVTX) != 0 &&
           file.facts.st_uid != geteuid() && file.facts.st_uid != directory.st_uid &&
           S_ISREG(file.facts.st_mode);
}

std::string why_not_allowed(const File& file, int flags) {
    const File folder("/dev/shm");
    if (!mode_allows(folder.facts, X_OK)) {
        return "/dev/shm may not be entered by this user; see: ls -ld /dev/shm";
    }
    if (!file.is_there) return why_shm_folder(EACCES);
    const int wanted = (flags & O_ACCMODE) == O_RDONLY ? R_OK : R_OK | W_OK;
    if (!mode_allows(file.facts, wanted)) {
        if (!looking::is_us(file.facts.st_uid)) {
            return file.whose() + "; choose another name, or ask its owner";
        }
        return fmt::format("{}, which does not allow it; change that: chmod u+rw {}", file.whose(),
                           for_shell(file.path));
    }
    if (is_protected(file, flags)) {
        return fmt::format(
            "{}, and fs.protected_regular keeps O_CREAT off what is another "
            "user's; open it without O_CREAT",
            file.whose());
    }
    return fmt::format("{}, which allows it: {}", file.whose(), looking::module_reason(file.path));
}

/// Only the owners of a file and of the folder may take a name out of a sticky folder.
std::string why_not_removed(const File& file) {
    const File folder("/dev/shm");
    const bool is_owner = looking::is_us(file.facts.st_uid) || looking::is_us(folder.facts.st_uid);
    if (!is_owner && (folder.facts.st_mode & S_ISVTX) != 0) {
        return file.whose() + ", and /dev/shm is sticky: only its owner may remove it";
    }
    if (!mode_allows(folder.facts, W_OK | X_OK)) return why_shm_folder(EACCES);
    return fmt::format("{}; it cannot be changed (see: lsattr {}), or {}", file.whose(),
                       for_shell(file.path), looking::module_reason(file.path));
}

/// What a name in /dev/shm can meet, be it an object's or a semaphore's.
std::string why_file(int error, const std::string& path, int flags) {
    const File file(path);
    if (error == ENOENT || error == ENOTDIR || error == EROFS || error == ENOSPC) {
        if (std::string reason = why_shm_folder(error); !reason.empty()) return reason;
    }
    if (error == EEXIST && file.is_there) {
        if (!looking::may_remove_file(file.facts, File("/dev/shm").facts.st_uid)) {
            return file.whose() + "; choose another name, or ask its owner";
        }
        return fmt::format("{}; if no program uses it any more, remove it: {}", file.whose(),
                           removal_of(path));
    }
    if (error == EACCES) return why_not_allowed(file, flags);
    if (error == ELOOP) return path + " is a symbolic link, and is not followed";
    if (error == ENXIO && file.is_there && S_ISSOCK(file.facts.st_mode)) {
        return "a socket has this name; choose another name, or remove it: " + removal_of(path);
    }
    if (error == ENOENT && (flags & O_CREAT) == 0) return "no process has created it";
    return why_any_call(error);
}

}  // namespace

std::string why_shm_open(int error, const char* name, int flags) {
    if (error == EINVAL || error == ENAMETOOLONG) {
        std::string rule = broken_rule(name);
        const File file(object_path(name));
        if (rule.empty() && file.is_there && S_ISDIR(file.facts.st_mode)) {
            return "a folder has this name; choose another name, or remove it: " +
                   removal_of(file.path, "rmdir");
        }
        return rule;
    }
    return why_file(error, object_path(name), flags);
}

std::string why_shm_unlink(int error, const char* name) {
    if (error == EINVAL || error == ENAMETOOLONG) return broken_rule(name);
    const File file(object_path(name));
    if (error == EACCES && file.is_there) return why_not_removed(file);
    return why_file(error, file.path, 0);
}

std::string why_sem_open(int error, const char* name, int flags) {
    constexpr std::size_t longest = NAME_MAX - std::string_view("sem.").size();
    const std::size_t length = std::strlen(*name == '/' ? name + 1 : name);
    // glibc: ENAMETOOLONG where only the file's name is too long, EINVAL where the name itself is.
    if ((error == ENAMETOOLONG || error == EINVAL) && length > longest) {
        return fmt::format(
            "a semaphore's name has at most {} characters, this one {} (its file "
            "is called sem.NAME)",
            longest, length);
    }
    if (error == EINVAL) {
        std::string rule = broken_rule(name);
        if (!rule.empty()) return rule;
        return fmt::format("a semaphore's value is at most {}", SEM_VALUE_MAX);
    }
    return why_file(error, std::string("/dev/shm/sem.") + (*name == '/' ? name + 1 : name), flags);
}

namespace {

/// Why a queue's limit refuses `value`, or "". For a process with CAP_SYS_RESOURCE the sysctl does
/// not apply, but one that is built into the kernel (man 7 mq_overview: HARD_MSGMAX).
std::string why_over(long value, const char* of_what, const char* sysctl, std::uint64_t built_in) {
    const bool is_bound = !has_capability(CAP_SYS_RESOURCE, Over::machine);
    const auto limit = sysctl_limit(sysctl, "", of_what);
    if (!limit) return {};
    const std::uint64_t most = is_bound ? limit->most : built_in;
    if (value >= 0 && static_cast<std::uint64_t>(value) <= most) return {};
    return fmt::format("{} {}: {}", value, of_what,
                       is_bound ? raise_text(*limit)
                                : fmt::format("the kernel allows no account more than {}", most));
}

std::string why_queue_is_invalid(long messages, long size) {
    std::string reason = why_over(messages, "messages", "fs.mqueue.msg_max", 65536);
    if (reason.empty()) {
        reason = why_over(size, "bytes a message", "fs.mqueue.msgsize_max", 16777216);
    }
    return reason.empty() ? "a queue has at least 1 message of at least 1 byte" : reason;
}

}  // namespace

std::string why_mq_open(int error, const char* name, long messages, long size) {
    if (error == EINVAL && *name != '/') return broken_rule(name);
    if (error == ENAMETOOLONG || (error == ENOENT && std::string_view(name) == "/")) {
        return broken_rule(name);
    }
    if (error == EINVAL) return why_queue_is_invalid(messages, size);
    if (error == EMFILE) {
        const Limit bytes = process_limit(RLIMIT_MSGQUEUE);
        const auto asked = static_cast<std::uint64_t>(messages) * static_cast<std::uint64_t>(size);
        if (messages > 0 && size > 0 && asked > bytes.most / 2) {
            return fmt::format("{} bytes and what the kernel adds to them: {}", asked,
                               raise_text(bytes));
        }
        const Limit files = process_limit(RLIMIT_NOFILE);
        const bool is_out_of_files = !files.used || *files.used >= files.most;
        return is_out_of_files ? looking::too_many_files(error) : raise_text(bytes);
    }
    if (error == ENOSPC) {
        const auto queues = sysctl_limit("fs.mqueue.queues_max", "POSIX queues", "queues");
        if (queues) return raise_text(*queues);
    }
    if (error == ENOENT) return "no queue has this name; start the program that makes it";
    if (error == EEXIST) {
        return fmt::format(
            "if no program uses it any more, remove it: {} (mount -t mqueue none /dev/mqueue shows "
            "them)",
            removal_of(std::string("/dev/mqueue") + name));
    }
    if (error == EACCES && std::string_view(name).find('/', 1) != std::string_view::npos) {
        return broken_rule(name);
    }
    return why_any_call(error);
}

}  // namespace shm
