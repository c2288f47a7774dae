#include "common/memory/segment.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/kernel/process.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/options.hpp"
#include "common/program/stop.hpp"

#include <sys/shm.h>  // shmget, shmat, shmdt, shmctl
#include <unistd.h>   // geteuid

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace shm {

Attachment::Attachment(int shmid, int flags) : address_(checked::shmat(shmid, nullptr, flags)) {}

Attachment::Attachment(Attachment&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)) {}

Attachment::~Attachment() {
    if (address_ == nullptr) return;
    try {
        checked::shmdt(address_);
    } catch (...) {
        note_failed_cleanup();
    }
}

shmid_ds segment_record(int shmid) {
    shmid_ds record = {};
    checked::shmctl(shmid, IPC_STAT, &record);
    return record;
}

bool is_removed(const shmid_ds& record) {
    return (record.shm_perm.mode & SHM_DEST) != 0;
}

bool creator_has_ended(const shmid_ds& record) {
    return has_ended(record.shm_cpid);
}

void require_owners_known(const std::string& what) {
    if (!strangers_look_like_us()) return;
    throw Failure(
        fmt::format("{}: cannot tell whose it is: this user namespace maps few accounts, and shows "
                    "all others as {}, which is ours, too; run as one that it maps (see: cat "
                    "/proc/self/uid_map)",
                    what, geteuid()));
}

void require_ours(const shmid_ds& record, const Layout& layout, const std::string& segment) {
    if (record.shm_perm.uid != geteuid() || record.shm_perm.cuid != geteuid()) {
        throw Failure(segment + ": belongs to another user; choose another key");
    }
    require_owners_known(segment);
    if (record.shm_segsz != layout.size) {
        throw Failure(
            fmt::format("{}: has {}, ours take {}; it is another program's: choose "
                        "another key, or, if no program needs it, remove it: ipcrm -M {}",
                        segment, count_text(record.shm_segsz, "byte"), layout.size,
                        key_text(record.shm_perm.__key)));
    }
}

namespace {

/// Says who made the segment, and what may be done about it, for a message.
std::string about_creator(const shmid_ds& record) {
    if (record.shm_cpid == 0) {
        return "a process of another pid namespace (a container?) made it; end it there";
    }
    if (creator_has_ended(record)) {
        return fmt::format(
            "process {}, which made it, has ended; end who has it attached (grep -l "
            "SYSV{:08x} /proc/[0-9]*/maps)",
            record.shm_cpid, static_cast<unsigned>(record.shm_perm.__key));
    }
    return fmt::format("process {} made it; end that one", record.shm_cpid);
}

[[noreturn]] void throw_in_use(const shmid_ds& record, const std::string& segment) {
    throw Failure(fmt::format("{}: has {}; {}, or choose another key (see: ipcs -m -p)", segment,
                              count_text(record.shm_nattch, "attachment"), about_creator(record)));
}

[[noreturn]] void throw_being_made(const shmid_ds& record, const std::string& segment) {
    throw Failure(
        fmt::format("{}: is not finished; {}, or choose another key. If no program makes "
                    "it any more, remove it: ipcrm -M {}",
                    segment, about_creator(record), key_text(record.shm_perm.__key)));
}

//! [remove dead]
/// Says whether the segment, which had no attachment, has been left by processes that ended.
bool is_left(int shmid, const shmid_ds& record, const std::string& segment, const Layout& layout,
             bool is_last_look) {
    const Attachment memory(shmid, SHM_RDONLY);
    const auto& header = *static_cast<const LayoutHeader*>(memory.address());
    // A creator attaches before it publishes. Asked afterwards, since it may have done both just
    // now: with no attachment but ours, it has gone.
    if (is_published(header, layout, segment)) return segment_record(shmid).shm_nattch < 2;
    // Unpublished: its creator may be about to attach, and takes as long as it takes.
    const bool has_creator = !creator_has_ended(record);
    if (has_creator && !is_last_look) return false;
    if (!is_unfinished(header, layout)) {
        throw Failure(segment + ": holds another program's data; choose another key");
    }
    if (has_creator) throw_being_made(record, segment);
    return true;
}

void remove_if_dead(int shmid, const std::string& segment, const Layout& layout) {
    // A process that only looks is gone in a moment, and so is one that is just being killed: the
    // kernel takes it off the count. A creator may be about to attach. A live one stays.
    const auto deadline = Deadline::after(500ms);  // the machine may be busy
    for (;;) {
        const bool is_last_look = deadline.passed();
        const shmid_ds record = segment_record(shmid);
        require_ours(record, layout, segment);
        const bool is_attached = record.shm_nattch > 0;
        if (is_attached && is_last_look) throw_in_use(record, segment);
        if (!is_attached && is_left(shmid, record, segment, layout, is_last_look)) break;
        pause_for(1ms);
    }
    note("{} was left behind by a process that is gone: removing it", segment);
    checked::shmctl(shmid, IPC_RMID, nullptr);
}
//! [remove dead]

}  // namespace

void remove_segment_of_the_dead(key_t key, const Layout& layout) {
    const std::string text = key_text(key);
    // No IPC_CREAT: the one that is there.
    const int shmid = checked::shmget(key, 0, 0600, checked::allow(ENOENT));
    if (shmid == -1) return;
    try {
        remove_if_dead(shmid, fmt::format("segment {} (key {})", shmid, text), layout);
    } catch (const SystemError& error) {
        // Another process that found it has just removed it: that is what we were to do.
        if (error.code().value() != EINVAL && error.code().value() != EIDRM) throw;
    }
}

}  // namespace shm
