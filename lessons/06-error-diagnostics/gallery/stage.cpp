#include "stage.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/kernel/reason.hpp"  // why_shm_folder
#include "common/program/check.hpp"
#include "common/program/options.hpp"  // key_text
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <linux/landlock.h>
#include <sched.h>   // unshare, CLONE_NEWNS
#include <signal.h>  // sigaction
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>  // setitimer
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

using shm::check;

namespace stage {

const char* const name = "/shared-memory-gallery";
const key_t key = 0x67616c6c;

namespace {

constexpr uid_t nobody = 65534;
std::string refused = "not tried";  // why there are no namespaces; "" where there are

bool write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    return static_cast<bool>(file << text << std::flush);
}

}  // namespace

void enter() {
    try {
        shm::enter_namespaces(CLONE_NEWNS | CLONE_NEWIPC, shm::Inside::root);
        // What is mounted from here on is seen by no other process.
        check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
        check(mount("gallery", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "mount",
              "/dev/shm");
        refused.clear();
    } catch (const std::exception& error) {
        refused = error.what();
    }
}

bool is_allowed() {
    const pid_t child = checked::fork();
    if (child == 0) {
        enter();
        _exit(refused.empty() ? 0 : 1);
    }
    return checked::waitpid(child) == 0;
}

void require_namespaces() {
    if (!refused.empty()) throw NotHere("needs namespaces of its own: " + refused);
}

void require_no_sanitizer() {
#ifdef __SANITIZE_ADDRESS__
    throw NotHere("AddressSanitizer does not let it happen");
#endif
}

bool may_change_user() {
    std::ifstream map("/proc/self/uid_map");
    unsigned long inside = 1;
    unsigned long outside = 1;
    unsigned long length = 0;
    // A user namespace with one user in it has no other user to become.
    return geteuid() == 0 && map >> inside >> outside >> length && length > nobody;
}

void require_root(const char* why) {
    if (!may_change_user()) throw NotHere(fmt::format("needs root, {}", why));
}

std::string what_is_missing(int error) {
    if (error == ENOSYS) return "this kernel, or a filter, does not have the call";
    return error == ENOENT ? shm::why_shm_folder(error) : "";
}

namespace {

struct Left {
    std::string files[3] = {std::string("/dev/shm") + name, fmt::format("/dev/shm{} 2", name),
                            fmt::format("/dev/shm/sem.{}", name + 1)};
    int segment = -1;
    int set = -1;
};

/// Ours, or of the user that a row of ours became.
void require_left_by_us(uid_t owner, uid_t creator, const std::string& what) {
    const auto is_ours = [](uid_t uid) {
        return uid == geteuid() || (geteuid() == 0 && uid == nobody);
    };
    const bool may_be_anybodys = shm::strangers_look_like_us();
    if (is_ours(owner) && is_ours(creator) && !may_be_anybodys) return;
    throw shm::Failure(what + ": belongs to another user; gallery needs that name or key");
}

/// Looks at everything before anything is removed.
Left look_what_is_left() {
    Left left;
    for (const std::string& path : left.files) {
        struct stat file = {};
        if (lstat(path.c_str(), &file) == 0) require_left_by_us(file.st_uid, file.st_uid, path);
    }
    shmid_ds segment = {};
    left.segment = shmget(key, 0, 0);
    if (left.segment != -1) {
        checked::shmctl(left.segment, IPC_STAT, &segment);
        require_left_by_us(segment.shm_perm.uid, segment.shm_perm.cuid, shm::key_text(key));
        if (segment.shm_nattch > 0) {
            throw shm::Failure(shm::key_text(key) + ": a process has this segment attached");
        }
    }
    semid_ds set = {};
    left.set = semget(key, 0, 0);
    if (left.set != -1) {
        checked::semctl(left.set, 0, IPC_STAT, &set);
        require_left_by_us(set.sem_perm.uid, set.sem_perm.cuid, shm::key_text(key));
    }
    return left;
}

}  // namespace

void sweep() {
    const Left left = look_what_is_left();
    for (const std::string& path : left.files) {
        if (unlink(path.c_str()) == -1 && errno != ENOENT) {
            shm::fail(errno, "unlink", path, "it is left; remove it: rm " + shm::for_shell(path));
        }
    }
    if (left.segment != -1) {
        checked::shmctl(left.segment, IPC_RMID, nullptr);
    }
    if (left.set != -1) checked::semctl(left.set, 0, IPC_RMID);
}

void mount_small(const std::string& options, unsigned long flags) {
    require_namespaces();
    const std::string all = options + ",mode=1777";
    flags |= MS_NOSUID | MS_NODEV;
    if (mount("gallery", "/dev/shm", "tmpfs", flags, all.c_str()) == -1) {
        const std::string reason = std::generic_category().message(errno);
        throw NotHere(fmt::format("a tmpfs with {} may not be mounted: {}", options, reason));
    }
}

void set_limit(const char* limit, const std::string& value) {
    require_namespaces();
    if (!write_file(std::string("/proc/sys/kernel/") + limit, value)) {
        throw NotHere(
            fmt::format("kernel.{} may not be set, even in an IPC namespace of one's own", limit));
    }
}

void limit_process(int resource, std::size_t value) {
    const rlimit limit = {.rlim_cur = value, .rlim_max = value};
    check(setrlimit(static_cast<__rlimit_resource>(resource), &limit), "setrlimit", "this process");
}

void become_other_user() {
    require_root("to become another user");
    check(setresgid(nobody, nobody, nobody), "setresgid", "this process");
    check(setresuid(nobody, nobody, nobody), "setresuid", "this process");
}

void become_unmapped() {
    if (unshare(CLONE_NEWUSER) == -1) throw NotHere("there is no user namespace to be had");
}

void begin_pid_namespace() {
    require_namespaces();
    if (unshare(CLONE_NEWPID) == -1) throw NotHere("there is no pid namespace to be had");
}

void enter_sandbox() {
    landlock_ruleset_attr handled = {};
    handled.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    const auto rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    if (rules == -1) throw NotHere("this kernel has no Landlock, or does not use it");
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", "this process");
    check(syscall(SYS_landlock_restrict_self, rules, 0), "landlock_restrict_self", "this process");
}

void give_up_root() {
    if (may_change_user()) become_other_user();
}

void begin_signals() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    action.sa_flags = SA_RESTART;
    check(sigaction(SIGALRM, &action, nullptr), "sigaction", "SIGALRM");
    const itimerval soon = {{0, 10'000}, {0, 10'000}};  // again and again: none is missed
    check(setitimer(ITIMER_REAL, &soon, nullptr), "setitimer", "10 ms");
}

void expect(bool as_expected, const std::string& otherwise) {
    if (!as_expected) throw Unexpected(otherwise);
}

}  // namespace stage
