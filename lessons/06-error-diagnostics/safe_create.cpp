/// @file
/// Lesson 06, second program: creates a System V segment, or takes the one that stands, and says
/// which. The segment is left for others: that is what it is made for.

#include "common/kernel/namespaces.hpp"  // strangers_look_like_us
#include "common/kernel/reason.hpp"      // why_shmget, why_shmctl: which of errno's meanings it was
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>  // IPC_CREAT, IPC_EXCL, IPC_STAT
#include <sys/shm.h>  // shmget, shmctl
#include <unistd.h>   // geteuid

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

namespace {

/// Says on standard output why there is no segment. Returns the exit status.
int refuse(std::string_view what, int error, const std::string& why) {
    shm::say("{}: {}", what, shm::reason_text(error, why));
    return 1;
}

/// Says that the segment is there. How it is removed is said even if standard output fails: it
/// stays, whatever this program's exit status.
int taken(std::string_view what, key_t key, int shmid) {
    const shm::Cleanup say_how([&] {
        shm::note("segment {} stays until a process removes it: ipcrm -M {}", shmid,
                  shm::key_text(key));
    });
    shm::say_line(what);
    return 0;
}

//! [whose it is]
/// Returns why another user may write to the segment, or "". The one to whom it belongs may, and
/// the one who made it, also after giving it away with IPC_SET (man 2 shmctl), and those whom its
/// mode allows it. And where all strangers have the number that we have, any of them may be the
/// owner.
std::string why_not_ours(const ipc_perm& record) {
    if (record.uid != geteuid()) {
        return fmt::format("it belongs to user {}, who could put anything into it", record.uid);
    }
    if (record.cuid != geteuid()) {
        return fmt::format("user {} made it and gave it to you, and may still write to it",
                           record.cuid);
    }
    if ((record.mode & 0022) != 0) {
        return fmt::format("its mode is {:04o}, so other users may write to it",
                           record.mode & 0777);
    }
    if (shm::strangers_look_like_us()) {
        return fmt::format(
            "cannot tell whose it is: this user namespace maps few accounts, and shows all others "
            "as {}, which is ours, too (see: cat /proc/self/uid_map)",
            record.uid);
    }
    return {};
}
//! [whose it is]

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
    if (const std::string whose = why_not_ours(record.shm_perm); !whose.empty()) {
        shm::say("Cannot access existing segment: {}; choose another key", whose);
        return 1;
    }
    if (record.shm_segsz != size) {
        shm::say("Size mismatch: expected {}, got {}", size, record.shm_segsz);
        shm::note("choose another key, or, if no program uses it any more: ipcrm -M {}",
                  shm::key_text(key));
        return 1;
    }
    return taken("Using existing shared memory segment", key, shmid);
}

int safe_create(key_t key, std::size_t size) {
    // The one that stands may be removed while we look at it: then we begin again. A process that
    // removes segments as fast as we look could keep us here for ever, so not without end.
    for (int attempt = 0; attempt < 1000; ++attempt) {
        shm::check_stop();
        //! [create new]
        constexpr int flags = IPC_CREAT | IPC_EXCL | 0600;
        // The kernel lets one of all who do this at the same moment create it: no look beforehand
        // could do that.
        const int shmid = shmget(key, size, flags);
        if (shmid != -1) return taken("Created new shared memory segment", key, shmid);
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
