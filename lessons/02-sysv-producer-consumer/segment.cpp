#include "segment.hpp"

#include "common/check.hpp"
#include "common/cleanup.hpp"
#include "common/console.hpp"
#include "common/options.hpp"

#include <sys/shm.h>  // shmget, shmat, shmdt, shmctl
#include <unistd.h>   // geteuid

#include <algorithm>
#include <cerrno>
#include <chrono>

using shm::check;
using namespace std::chrono_literals;

shmid_ds segment_record(int shmid) {
    shmid_ds record = {};
    const std::string segment = fmt::format("segment {}", shmid);
    check(shmctl(shmid, IPC_STAT, &record), "shmctl IPC_STAT", segment);
    return record;
}

bool is_removed(const shmid_ds& record) {
    return (record.shm_perm.mode & SHM_DEST) != 0;
}

void require_ours(const shmid_ds& record, const std::string& segment) {
    if (record.shm_perm.uid != geteuid()) {
        throw shm::Failure(segment + ": belongs to another user; choose another --key");
    }
    if (record.shm_segsz != sizeof(Slot)) {
        throw shm::Failure(
            fmt::format("{}: has {} bytes, a slot takes {}; it is another program's: "
                        "choose another --key",
                        segment, record.shm_segsz, sizeof(Slot)));
    }
}

//! [wait turn]
Turn wait_for_turn(const Slot& slot, SlotState wanted, int shmid, bool peer_came,
                   const shm::Deadline& deadline) {
    for (;;) {
        // In this order: a peer that did its part and then ended is first seen to be gone, and
        // then its part is seen to be done.
        const bool alone = segment_record(shmid).shm_nattch < 2;
        // acquire: pairs with the peer's release, so that the message is whole (or wholly taken).
        if (slot.state.load(std::memory_order_acquire) == wanted) return Turn::mine;
        if (alone && peer_came) return Turn::peer_gone;
        if (deadline.passed()) return Turn::timed_out;
        shm::pause_for(1ms);
    }
}
//! [wait turn]

//! [remove dead]
void remove_segment_of_the_dead(key_t key) {
    const std::string key_text = shm::key_text(key);
    const int shmid = shmget(key, 0, 0600);  // no IPC_CREAT: the one that is there
    if (shmid == -1 && errno == ENOENT) return;
    check(shmid, "shmget", key_text);
    const std::string segment = fmt::format("segment {} (key {})", shmid, key_text);

    shmid_ds record = segment_record(shmid);
    require_ours(record, segment);
    // The kernel counts who is attached, and takes a killed process off. Somebody who only looks
    // is gone in a moment; a live producer stays.
    const auto deadline = shm::Deadline::after(100ms);
    while (record.shm_nattch > 0) {
        if (deadline.passed()) {
            throw shm::Failure(fmt::format(
                "{}: {} live process(es) use it, process {} made it; end them, or choose another "
                "--key (see: ipcs -m -p)",
                segment, record.shm_nattch, record.shm_cpid));
        }
        shm::pause_for(1ms);
        record = segment_record(shmid);
    }

    void* memory = shm::check_mapped(shmat(shmid, nullptr, SHM_RDONLY), "shmat", segment);
    const shm::Cleanup detach([&] { shmdt(memory); });
    const auto* slot = static_cast<const Slot*>(memory);
    const bool ours = shm::is_published(slot->mark, slot_layout, segment) ||
                      shm::is_unfinished(slot->mark, slot_layout);
    if (!ours) throw shm::Failure(segment + ": holds another program's data; choose another --key");
    shm::note("{} was left behind by a process that is gone: removing it", segment);
    check(shmctl(shmid, IPC_RMID, nullptr), "shmctl IPC_RMID", segment);
}
//! [remove dead]
