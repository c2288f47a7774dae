#include "common/memory/segment.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/options.hpp"
#include "common/program/stop.hpp"

#include <signal.h>   // kill
#include <sys/shm.h>  // shmget, shmat, shmdt, shmctl
#include <unistd.h>   // geteuid

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace shm {

Attachment::Attachment(int shmid, int flags) : address_(nullptr) {
    const std::string segment = fmt::format("segment {}", shmid);
    address_ = checked::shmat(shmid, nullptr, flags);
}

Attachment::Attachment(Attachment&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)) {}

Attachment::~Attachment() {
    if (address_ != nullptr) shmdt(address_);
}

shmid_ds segment_record(int shmid) {
    const std::string segment = fmt::format("segment {}", shmid);
    shmid_ds record = {};
    checked::shmctl(shmid, IPC_STAT, &record);
    return record;
}

bool is_removed(const shmid_ds& record) {
    return (record.shm_perm.mode & SHM_DEST) != 0;
}

bool creator_has_ended(const shmid_ds& record) {
    // 0: a process that cannot be seen from this pid namespace.
    return record.shm_cpid > 0 && kill(record.shm_cpid, 0) == -1 && errno == ESRCH;
}

void require_ours(const shmid_ds& record, const Layout& layout, const std::string& segment) {
    if (record.shm_perm.uid != geteuid() || record.shm_perm.cuid != geteuid()) {
        throw Failure(segment + ": belongs to another user; choose another key");
    }
    if (record.shm_segsz != layout.size) {
        throw Failure(
            fmt::format("{}: has {}, ours take {}; it is another program's: choose "
                        "another key, or, if nobody needs it, remove it: ipcrm -M {}",
                        segment, count_text(record.shm_segsz, "byte"), layout.size,
                        key_text(record.shm_perm.__key)));
    }
}

namespace {

//! [remove dead]
void remove_if_dead(int shmid, const std::string& segment, const Layout& layout) {
    shmid_ds record = segment_record(shmid);
    require_ours(record, layout, segment);
    // The kernel counts who is attached, and takes a killed process off. Somebody who only looks
    // is gone in a moment; a live user stays. One who has just made it is going to attach.
    const auto deadline = Deadline::after(500ms);  // the machine may be busy
    while (record.shm_nattch > 0 || (record.shm_atime == 0 && !creator_has_ended(record))) {
        if (deadline.passed()) {
            const bool one = record.shm_nattch <= 1;
            throw Failure(fmt::format(
                "{}: {} it, process {} made it; end {}, or choose another key (see: ipcs -m -p)",
                segment,
                count_text(one ? 1 : record.shm_nattch, "live process uses", "live processes use"),
                record.shm_cpid, one ? "that one" : "them"));
        }
        pause_for(1ms);
        record = segment_record(shmid);
    }

    const Attachment memory(shmid, SHM_RDONLY);
    const auto& header = *static_cast<const LayoutHeader*>(memory.address());
    if (!is_published(header, layout, segment) && !is_unfinished(header, layout)) {
        throw Failure(segment + ": holds another program's data; choose another key");
    }
    note("{} was left behind by a process that is gone: removing it", segment);
    checked::shmctl(shmid, IPC_RMID, nullptr);
}

}  // namespace

void remove_segment_of_the_dead(key_t key, const Layout& layout) {
    const std::string text = key_text(key);
    // No IPC_CREAT: the one that is there.
    const int shmid = checked::shmget(key, 0, 0600, checked::allow(ENOENT));
    if (shmid == -1) return;
    try {
        remove_if_dead(shmid, fmt::format("segment {} (key {})", shmid, text), layout);
    } catch (const SystemError& error) {
        // Somebody else who found it has just removed it: that is what we were to do.
        if (error.code().value() != EINVAL && error.code().value() != EIDRM) throw;
    }
}
//! [remove dead]

}  // namespace shm
