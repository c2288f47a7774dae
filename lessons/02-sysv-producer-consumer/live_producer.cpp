#include "live_producer.hpp"

#include "common/memory/segment.hpp"
#include "common/program/options.hpp"  // key_text

#include <sys/shm.h>  // shmid_ds

#include <string>

//! [check segment]
ProducerState producer_of(const Slot& slot, int shmid) {
    const shmid_ds found = shm::segment_record(shmid);
    const std::string segment = "segment under key " + shm::key_text(found.shm_perm.__key);
    shm::require_ours(found, slot_layout, segment);
    if (!shm::is_published(slot.header, slot_layout, segment)) return ProducerState::is_unknown;
    // Asked afterwards: a producer attaches before it publishes. We are one of those attached.
    const shmid_ds record = shm::segment_record(shmid);
    if (record.shm_nattch < 2) return ProducerState::has_died;
    // The other attachment may be another consumer's, which is asking, too.
    return shm::creator_has_ended(record) ? ProducerState::is_unknown : ProducerState::is_alive;
}
//! [check segment]

void free_key_of_the_dead(key_t key) {
    shm::remove_segment_of_the_dead(key, slot_layout);
}
