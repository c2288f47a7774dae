/// @file
/// Whether a capability counts is what the kernel does when it is needed: so each test does it.

#include "common/kernel/capability.hpp"
#include "common/kernel/namespaces.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>             // open
#include <linux/capability.h>  // CAP_IPC_LOCK
#include <sched.h>             // unshare
#include <sys/mman.h>          // mlock
#include <sys/resource.h>      // setrlimit
#include <sys/shm.h>
#include <sys/stat.h>  // fstatat
#include <sys/wait.h>  // waitpid
#include <unistd.h>

#include <array>
#include <fstream>

using shm::has_capability;
using shm::Over;

namespace {

constexpr int refused = 77;

/// Runs `body` in a process with user, and perhaps other, namespaces of its own, where it has every
/// capability. Says whether that is allowed; it is checked that `body` returned true.
bool in_user_namespace(int others, bool (*body)()) {
    const unit::Ended ended = unit::in_child([&] {
        if (unshare(CLONE_NEWUSER | others) == -1) return refused;
        return body() ? 0 : 1;
    });
    if (ended.status == std::to_string(refused)) {
        testing::skip("needs a user namespace, which this user may not make");
        return false;
    }
    CHECK(ended.status == "0");
    CHECK(ended.err.empty());
    return true;
}

// The sanitizers' mlock does nothing, and says that it did.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool mlock_works = false;
#else
constexpr bool mlock_works = true;
#endif

bool lock_limit_is_as_said() {
    if (!mlock_works) return true;
    const rlimit none = {.rlim_cur = 4096, .rlim_max = 4096};
    setrlimit(RLIMIT_MEMLOCK, &none);
    void* memory = mmap(nullptr, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return (mlock(memory, 65536) == 0) == has_capability(CAP_IPC_LOCK, Over::machine);
}

bool hard_limit_is_as_said() {
    const rlimit low = {.rlim_cur = 32, .rlim_max = 32};
    const rlimit high = {.rlim_cur = 64, .rlim_max = 64};
    setrlimit(RLIMIT_NOFILE, &low);
    return (setrlimit(RLIMIT_NOFILE, &high) == 0) ==
           has_capability(CAP_SYS_RESOURCE, Over::machine);
}

/// A segment of mode 0: not even its owner may read its record, without CAP_IPC_OWNER.
bool segment_is_as_said() {
    const int shmid = shmget(IPC_PRIVATE, 4096, IPC_CREAT);
    shmid_ds record = {};
    const bool is_read = shmctl(shmid, IPC_STAT, &record) == 0;
    const bool is_removed = shmctl(shmid, IPC_RMID, nullptr) == 0;
    return shmid != -1 && is_removed &&
           is_read == has_capability(CAP_IPC_OWNER, Over::ipc_namespace);
}

/// In a user namespace that maps the first 65536 accounts and groups only; says whether that is to
/// be had.
bool enter_namespace_of_65536() {
    std::array<int, 2> ready{};
    const pid_t self = getpid();
    if (pipe2(ready.data(), O_CLOEXEC) == -1) return false;
    const pid_t outside = fork();
    if (outside == 0) {  // it stays outside, where a capability lets it map others than itself
        char moved = 0;
        bool is_mapped = read(ready[0], &moved, 1) == 1;
        for (const char* table : {"uid_map", "gid_map"}) {
            std::ofstream map("/proc/" + std::to_string(self) + "/" + table);
            is_mapped = is_mapped && (map << "0 0 65536" << std::flush);
        }
        _exit(is_mapped ? 0 : 1);
    }
    const bool has_moved = unshare(CLONE_NEWUSER) == 0;
    if (!has_moved || write(ready[1], "x", 1) != 1) kill(outside, SIGKILL);
    int status = 0;
    return waitpid(outside, &status, 0) == outside && status == 0;
}

/// Files of others in a sticky folder of another one: who may remove them is asked, then tried.
bool removal_is_as_said(int folder) {
    bool all = true;
    for (const char* name : {"mapped", "group", "owner"}) {
        struct stat facts = {};
        all = all && fstatat(folder, name, &facts, 0) == 0;
        const bool may = shm::has_capability_over_file(CAP_FOWNER, facts.st_uid, facts.st_gid);
        all = all && may == (name == std::string("mapped")) &&
              may == (unlinkat(folder, name, 0) == 0);
    }
    return all;
}

}  // namespace

TEST_CASE("over a file a capability counts where its owner and its group are mapped") {
    std::string path = "/tmp/shm_capability_XXXXXX";
    CHECK(mkdtemp(path.data()) != nullptr);
    const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct File {
        const char* name;
        uid_t owner;
        gid_t group;
    };
    bool are_made = fchmod(folder, 01777) == 0;
    for (const File& file :
         {File{"mapped", 12345, 12345}, {"group", 12345, 70000}, {"owner", 70000, 12345}}) {
        close(openat(folder, file.name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
        are_made = fchownat(folder, file.name, file.owner, file.group, 0) == 0 && are_made;
    }
    are_made = are_made && fchown(folder, 12345, 12345) == 0;
    const unit::Ended ended = unit::in_child([&] {
        if (!are_made || !enter_namespace_of_65536()) return refused;
        return removal_is_as_said(folder) ? 0 : 1;
    });
    for (const char* name : {"mapped", "group", "owner"}) unlinkat(folder, name, 0);
    close(folder);
    rmdir(path.c_str());
    if (ended.status == std::to_string(refused)) {
        testing::skip("needs files of others, and a user namespace that maps some of them");
        return;
    }
    CHECK(ended.status == "0");
}

TEST_CASE("what a capability allows in the namespace of the caller is what is said") {
    for (bool (*const as_said)() :
         {lock_limit_is_as_said, hard_limit_is_as_said, segment_is_as_said}) {
        CHECK(unit::in_child([&] { return as_said() ? 0 : 1; }).status == "0");
    }
}

TEST_CASE("in a user namespace no capability counts over the machine") {
    in_user_namespace(0, [] {
        return !shm::in_first_user_namespace() && lock_limit_is_as_said() &&
               hard_limit_is_as_said() && !has_capability(CAP_IPC_LOCK, Over::machine) &&
               !has_capability(CAP_SYS_RESOURCE, Over::machine);
    });
}

TEST_CASE("over an IPC namespace it counts where that is the user namespace's own") {
    in_user_namespace(0, [] {
        return segment_is_as_said() && !has_capability(CAP_IPC_OWNER, Over::ipc_namespace);
    });
    in_user_namespace(CLONE_NEWIPC, [] {
        return segment_is_as_said() && has_capability(CAP_IPC_OWNER, Over::ipc_namespace) &&
               has_capability(CAP_SYS_ADMIN, Over::ipc_namespace);
    });
}

TEST_CASE("a capability that was dropped does not count, and an unknown one neither") {
    CHECK_FALSE(has_capability(1000, Over::machine));
    CHECK(unit::in_child([] {
              if (geteuid() == 0 && setresuid(65534, 65534, 65534) == -1) return 2;
              return has_capability(CAP_IPC_LOCK, Over::machine) ? 1 : 0;
          }).status == "0");
}
