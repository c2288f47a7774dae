/// @file
/// Whether a capability counts is what the kernel does when it is needed: so each test does it.

#include "common/kernel/capability.hpp"
#include "common/kernel/namespaces.hpp"
#include "tests/unit/support.hpp"

#include <linux/capability.h>  // CAP_IPC_LOCK
#include <sched.h>             // unshare
#include <sys/mman.h>          // mlock
#include <sys/resource.h>      // setrlimit
#include <sys/shm.h>
#include <unistd.h>

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

}  // namespace

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
