#include "own_ipc.hpp"

#include "common/check.hpp"

#include <fmt/format.h>

#include <fcntl.h>         // open
#include <sched.h>         // unshare
#include <sys/resource.h>  // setrlimit
#include <unistd.h>

namespace comparison {

namespace {

bool write_file(const char* path, const std::string& text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd == -1) return false;
    const bool written = write(fd, text.data(), text.size()) != -1;
    close(fd);
    return written;
}

}  // namespace

std::string enter_own_ipc() {
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    try {
        if (uid != 0 || unshare(CLONE_NEWIPC) == -1) {
            shm::check(unshare(CLONE_NEWUSER | CLONE_NEWIPC), "unshare", "an IPC namespace",
                       "not allowed to this user; see: sysctl user.max_user_namespaces");
            // Needed in this order (man 7 user_namespaces).
            write_file("/proc/self/setgroups", "deny");
            write_file("/proc/self/uid_map", fmt::format("{} {} 1", uid, uid));
            write_file("/proc/self/gid_map", fmt::format("{} {} 1", gid, gid));
        }
    } catch (const shm::SystemError& error) {
        return error.what();
    }
    // Each may be refused; then the queue says what it takes.
    write_file("/proc/sys/kernel/msgmax", std::to_string(2 << 20));
    write_file("/proc/sys/kernel/msgmnb", std::to_string(4 << 20));
    write_file("/proc/sys/fs/mqueue/msgsize_max", std::to_string(2 << 20));
    const rlimit much = {64 << 20, 64 << 20};
    setrlimit(RLIMIT_MSGQUEUE, &much);
    return {};
}

}  // namespace comparison
