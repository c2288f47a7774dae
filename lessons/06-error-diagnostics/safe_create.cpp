/// @file
/// Lesson 06, second program: creates a System V segment, or takes the one that stands, and says
/// which. The segment is left for others: that is what it is made for.

#include "common/kernel/reason.hpp"  // why_shmget, why_shmctl: which of errno's meanings it was
#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>  // IPC_CREAT, IPC_EXCL, IPC_STAT
#include <sys/shm.h>  // shmget, shmctl
#include <unistd.h>   // geteuid

#include <cerrno>
#include <optional>
#include <string>

namespace {

/// Says on standard output why there is no segment. Returns the exit status.
int refuse(std::string_view what, int error, const std::string& why) {
    shm::say("{}: {}", what, shm::reason_text(error, why));
    return 1;
}

int stays(key_t key, int shmid) {
    shm::note("segment {} stays until somebody removes it: ipcrm -M {}", shmid, shm::key_text(key));
    return 0;
}

//! [take existing]
/// Takes the segment that has the key, if it is ours and of this size.
/// @returns the exit status; nothing where the segment was removed while we looked at it
std::optional<int> take_existing(key_t key, std::size_t size) {
    // Size 0: however large it is, so that we can say how large.
    const int shmid = shmget(key, 0, 0600);
    if (shmid == -1) {
        const int error = errno;
        if (error == ENOENT) return {};  // removed since
        return refuse("Cannot access existing segment", error,
                      shm::why_shmget(error, key, 0, 0600));
    }
    shmid_ds record = {};
    if (shmctl(shmid, IPC_STAT, &record) == -1) {
        const int error = errno;
        if (error == EINVAL || error == EIDRM) return {};  // removed since
        return refuse("Cannot access existing segment", error,
                      shm::why_shmctl(error, shmid, IPC_STAT));
    }
    //! [take existing]
    if (record.shm_perm.uid != geteuid()) {
        shm::say(
            "Cannot access existing segment: it belongs to user {}, who could put anything "
            "into it; choose another key",
            record.shm_perm.uid);
        return 1;
    }
    if (record.shm_segsz != size) {
        shm::say("Size mismatch: expected {}, got {}", size, record.shm_segsz);
        shm::note("choose another key, or, if no program uses it any more: ipcrm -M {}",
                  shm::key_text(key));
        return 1;
    }
    shm::say("Using existing shared memory segment");
    return stays(key, shmid);
}

int safe_create(key_t key, std::size_t size) {
    // The one that stands may be removed while we look at it: then we begin again. Whoever removes
    // segments as fast as we look could keep us here for ever, so not without end.
    for (int attempt = 0; attempt < 1000; ++attempt) {
        shm::check_stop();
        //! [create new]
        constexpr int flags = IPC_CREAT | IPC_EXCL | 0600;
        // The kernel lets one of all who do this at the same moment create it: no look beforehand
        // could do that.
        const int shmid = shmget(key, size, flags);
        if (shmid != -1) {
            shm::say("Created new shared memory segment");
            return stays(key, shmid);
        }
        const int error = errno;
        if (error != EEXIST) {
            return refuse("shmget failed", error, shm::why_shmget(error, key, size, flags));
        }
        //! [create new]
        if (const auto status = take_existing(key, size)) return *status;
    }
    throw shm::Failure(
        fmt::format("key {}: other processes create and remove its segment again and again",
                    shm::key_text(key)));
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 12345;
    std::size_t size = 4096;
    return shm::program(
        argc, argv, "Creates a System V segment, or takes the one that stands, and says which.",
        [&](shm::Options& options) {
            options.key("--key", key, "The segment's key");
            options.size("--size", size, "Its size in bytes");
        },
        [&] { return safe_create(key, size); });
}
