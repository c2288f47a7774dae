#include "common/kernel/namespaces.hpp"

#include "common/program/check.hpp"
#include "common/program/descriptor.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // open
#include <sched.h>     // unshare
#include <sys/stat.h>  // stat
#include <unistd.h>

#include <array>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>

namespace shm {

namespace {

void write_file(const char* path, const std::string& text) {
    const Descriptor file(check(open(path, O_WRONLY | O_CLOEXEC), "open", path));
    check(write(file.get(), text.data(), text.size()), "write", path,
          "this user may not be mapped into a user namespace");
}

/// Says whether the link in /proc/self/ns leads to that namespace.
bool is_in(const char* link, std::string_view expected) {
    std::array<char, 64> text{};
    return readlink(link, text.data(), text.size() - 1) != -1 && text.data() == expected;
}

}  // namespace

void enter_namespaces(int which, Inside inside) {
    if (geteuid() == 0 && unshare(which) == 0) return;  // -1: root of no more than its own things
    const bool as_root = inside == Inside::root;
    const std::string user = fmt::format("{} {} 1", as_root ? 0 : geteuid(), geteuid());
    const std::string group = fmt::format("{} {} 1", as_root ? 0 : getegid(), getegid());
    check(unshare(CLONE_NEWUSER | which), "unshare", "a user namespace",
          "not allowed to this user, or in a chroot; see: sysctl user.max_user_namespaces");
    write_file("/proc/self/setgroups", "deny");  // or the group is refused
    write_file("/proc/self/uid_map", user);
    write_file("/proc/self/gid_map", group);
}

// The numbers of the first namespaces are the kernel's for ever (include/linux/proc_ns.h:
// PROC_USER_INIT_INO, PROC_PID_INIT_INO). A user namespace inside may map each id to itself, so
// uid_map does not tell.
bool in_first_user_namespace() {
    return is_in("/proc/self/ns/user", "user:[4026531837]");
}

bool in_first_pid_namespace() {
    return is_in("/proc/self/ns/pid", "pid:[4026531836]");
}

namespace {

/// Says whether each account of the machine has a number in this user namespace.
bool maps_all_accounts() {
    std::ifstream map("/proc/self/uid_map");
    std::uint64_t mapped = 0;
    std::uint64_t first = 0;
    std::uint64_t outside = 0;
    std::uint64_t count = 0;
    while (map >> first >> outside >> count) mapped += count;
    return mapped >= std::numeric_limits<std::uint32_t>::max();  // -1 is no account
}

unsigned shown_for_unmapped(const char* file) {
    unsigned id = 65534;
    std::ifstream(file) >> id;
    return id;
}

}  // namespace

unsigned shown_for_unmapped_user() {
    return shown_for_unmapped("/proc/sys/kernel/overflowuid");
}

unsigned shown_for_unmapped_group() {
    return shown_for_unmapped("/proc/sys/kernel/overflowgid");
}

bool strangers_look_like_us() {
    return geteuid() == shown_for_unmapped_user() && !maps_all_accounts();
}

std::optional<std::uint64_t> pid_namespace() {
    struct stat file = {};
    if (stat("/proc/self/ns/pid", &file) == -1) return std::nullopt;
    return file.st_ino;
}

}  // namespace shm
