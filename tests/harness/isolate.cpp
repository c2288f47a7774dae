#include "tests/harness/isolate.hpp"

#include "common/check.hpp"

#include <fmt/format.h>

#include <fcntl.h>      // open
#include <sched.h>      // unshare
#include <sys/mount.h>  // mount
#include <unistd.h>

#include <fstream>

namespace harness {

namespace {

void write_file(const char* path, const std::string& text) {
    const int fd = shm::check(open(path, O_WRONLY | O_CLOEXEC), "open", path);
    const ssize_t written = write(fd, text.data(), text.size());
    const int error = errno;
    close(fd);
    if (written == -1) throw shm::SystemError(error, "write", path);
}

/// A user is root inside only if it was root outside: whoever was not loses all rights by exec.
void enter_user_namespace() {
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    shm::check(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC), "unshare", "user namespace",
               "not allowed to this user; see: sysctl user.max_user_namespaces");
    write_file("/proc/self/setgroups", "deny");  // or the next is refused (man 7 user_namespaces)
    write_file("/proc/self/uid_map", fmt::format("{} {} 1", uid, uid));
    write_file("/proc/self/gid_map", fmt::format("{} {} 1", gid, gid));
}

}  // namespace

bool is_real_root() {
    if (geteuid() != 0) return false;
    // In the first user namespace every id stands for itself.
    std::ifstream file("/proc/self/uid_map");
    unsigned long inside = 1;
    unsigned long outside = 1;
    unsigned long length = 0;
    return file >> inside >> outside >> length && inside == 0 && outside == 0 &&
           length == 4294967295UL;
}

std::string enter_own_namespaces(const std::string& shm_size) {
    const std::string options = shm_size.empty() ? "mode=1777" : "mode=1777,size=" + shm_size;
    try {
        if (geteuid() != 0 || unshare(CLONE_NEWNS | CLONE_NEWIPC) == -1) enter_user_namespace();
        // What is mounted from here on is seen by nobody else.
        shm::check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
        shm::check(mount("scene", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()),
                   "mount", "/dev/shm");
        return {};
    } catch (const std::exception& error) {
        return error.what();
    }
}

}  // namespace harness
