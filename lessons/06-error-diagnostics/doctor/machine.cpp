#include "findings.hpp"
#include "posix.hpp"
#include "remove_ipc.hpp"

#include "common/kernel/namespaces.hpp"
#include "common/kernel/process.hpp"  // has_robust_list

#include <fmt/core.h>

#include <sys/stat.h>     // stat
#include <sys/statvfs.h>  // statvfs, ST_RDONLY
#include <unistd.h>       // geteuid

namespace doctor {

namespace {

/// /dev/shm itself, where every POSIX object and every named semaphore has to go.
void judge_folder(std::vector<Finding>& all) {
    struct stat facts = {};
    struct statvfs system = {};
    if (stat(shm_folder, &facts) == -1 || !S_ISDIR(facts.st_mode)) {
        all.push_back(
            {true, "no-dev-shm", "",
             "there is no folder /dev/shm: no POSIX object or named semaphore can be made",
             "mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm"});
        return;
    }
    if (statvfs(shm_folder, &system) == 0 && (system.f_flag & ST_RDONLY) != 0) {
        all.push_back({true, "read-only", "", "/dev/shm is mounted read-only: nothing can be made",
                       "mount -o remount,rw /dev/shm"});
    }
    if ((facts.st_mode & S_IWOTH) != 0 && (facts.st_mode & S_ISVTX) == 0) {
        all.push_back({true, "not-sticky", "",
                       "/dev/shm is not sticky: every user can remove every user's objects",
                       "chmod +t /dev/shm"});
    }
}

/// What the kernel, or what stands between it and us, does not tell anybody.
void judge_kernel(std::vector<Finding>& all) {
    if (!shm::has_robust_list()) {
        all.push_back({true, "no-robust-lists", "",
                       "this kernel, or a filter of calls, knows no robust lists: the robust mutex "
                       "of a process that is killed stays locked, and no process is told",
                       "", "use locks that the kernel gives back: SEM_UNDO, F_OFD_SETLK"});
    }
    if (shm::strangers_look_like_us()) {
        all.push_back({true, "strangers-look-like-us", "",
                       fmt::format("this user namespace maps few accounts, and shows all others as "
                                   "{}, which is yours, too: an owner proves nothing here",
                                   geteuid()),
                       "", "run as an account that it maps (cat /proc/self/uid_map)"});
    }
}

}  // namespace

std::vector<Finding> findings_of_machine(const std::vector<shm::Limit>& limits) {
    std::vector<Finding> all;
    judge_folder(all);
    judge_kernel(all);
    for (const shm::Limit& limit : limits) {
        const auto percent = shm::percent_used(limit);
        // A pool of huge pages of which every page is in use is as it should be.
        if (!percent || *percent < near_percent || limit.most == 0 ||
            limit.name == "vm.nr_hugepages") {
            continue;
        }
        all.push_back({true, "nearly-full", "",
                       fmt::format("{} ({} %)", shm::limit_text(limit), *percent), limit.raise});
    }
    const RemoveIpc& remove = remove_ipc();
    if (remove.is_in_force) {
        all.push_back({false, "remove-ipc", "",
                       "RemoveIPC is in force (" + remove.source +
                           "): when a user logs out, all of that user's things here vanish, but "
                           "not those of root and of system users",
                       "mkdir -p /etc/systemd/logind.conf.d && printf '[Login]\\nRemoveIPC=no\\n' "
                       "> /etc/systemd/logind.conf.d/keep-ipc.conf && systemctl kill -s HUP "
                       "systemd-logind"});
    }
    return all;
}

}  // namespace doctor
