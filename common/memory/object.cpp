#include "common/memory/object.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/object_names.hpp"
#include "common/program/check.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // open, O_TMPFILE, O_CLOEXEC
#include <sys/stat.h>  // fstat
#include <unistd.h>    // linkat, geteuid

#include <cerrno>
#include <chrono>

namespace shm {

//! [create nameless]
Descriptor create_nameless(const std::string& name) {
    Descriptor object(checked::open("/dev/shm", O_TMPFILE | O_RDWR, 0600));
    object_names::remember_object(object.get(), name);  // for messages
    return object;
}
//! [create nameless]

//! [give name]
bool give_name(int fd, const std::string& name) {
    const std::string here = fmt::format("/proc/self/fd/{}", fd);
    const std::string there = "/dev/shm" + name;
    if (linkat(AT_FDCWD, here.c_str(), AT_FDCWD, there.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        return true;
    }
    if (errno == EEXIST) return false;  // another process was faster
    fail(errno, "linkat", name, errno == ENOENT ? "it needs /proc; is that mounted?" : "");
}
//! [give name]

namespace {

void require_regular(int fd, const std::string& name) {
    const mode_t mode = checked::fstat(fd).st_mode;
    if (S_ISREG(mode)) return;
    const char* what = S_ISFIFO(mode) ? "a FIFO" : S_ISDIR(mode) ? "a folder" : "a device";
    throw Failure(
        fmt::format("{0}: is {1}, not a shared memory object; choose another name, or "
                    "remove it: rm -r {2}",
                    name, what, object_for_shell(name)));
}

}  // namespace

Descriptor open_object(const std::string& name, int flags, const Deadline& deadline) {
    for (;;) {
        const int fd =
            checked::shm_open(name, flags | O_NONBLOCK, 0, checked::allow(ENOENT, EWOULDBLOCK));
        const int error = errno;
        Descriptor object(fd);
        if (object.is_open()) {
            require_regular(fd, name);
            return object;
        }
        if (error == ENOENT) return object;
        if (deadline.passed()) {
            throw Failure(
                fmt::format("{0}: another process has a lease on it, and keeps it; see who: "
                            "fuser -v {1}",
                            name, object_for_shell(name)));
        }
        pause_for(std::chrono::milliseconds(1));
    }
}

//! [own account]
bool is_own_account(int fd) {
    if (checked::fstat(fd).st_uid != geteuid()) return false;
    // The kernel compares the real accounts before it grants O_NOATIME (man 2 fcntl, F_SETFL); the
    // uid as we see it may be what every unmapped account shows as.
    const int flags = check(::fcntl(fd, F_GETFL), "fcntl F_GETFL", "the object");
    if (::fcntl(fd, F_SETFL, flags | O_NOATIME) == -1) {
        if (errno == EPERM) return false;
        fail(errno, "fcntl F_SETFL", "the object");
    }
    check(::fcntl(fd, F_SETFL, flags), "fcntl F_SETFL", "the object");  // only asked, nothing kept
    return true;
}
//! [own account]

void require_own_account(int fd, const std::string& name) {
    if (is_own_account(fd)) return;
    const uid_t owner = checked::fstat(fd).st_uid;
    if (owner == geteuid()) {
        throw Failure(
            fmt::format("{}: belongs to another account, which this user namespace does not map: "
                        "both show as user {}; choose another --name",
                        name, owner));
    }
    throw Failure(fmt::format("{}: belongs to user {}, and this is user {}; choose another --name",
                              name, owner, geteuid()));
}

//! [has name]
bool has_name(int fd, const std::string& name) {
    const struct stat object = checked::fstat(fd);
    struct stat named = {};
    if (stat(("/dev/shm" + name).c_str(), &named) == -1) {
        if (errno == ENOENT || errno == ELOOP) return false;  // removed, or another thing by now
        fail(errno, "stat", name);
    }
    return named.st_dev == object.st_dev && named.st_ino == object.st_ino;
}
//! [has name]

}  // namespace shm
