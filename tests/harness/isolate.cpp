#include "tests/harness/isolate.hpp"

#include "common/kernel/namespaces.hpp"
#include "common/program/check.hpp"

#include <sched.h>      // CLONE_NEWNS
#include <sys/mount.h>  // mount
#include <unistd.h>

namespace harness {

bool is_real_root() {
    return geteuid() == 0 && shm::in_first_user_namespace();
}

std::string enter_own_namespaces(const std::string& shm_size) {
    const std::string options = shm_size.empty() ? "mode=1777" : "mode=1777,size=" + shm_size;
    try {
        // The same user inside: by exec it loses the rights it gets there, as a test wants it.
        shm::enter_namespaces(CLONE_NEWNS | CLONE_NEWIPC, shm::Inside::same_user);
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
