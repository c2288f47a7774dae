#include "turn.hpp"

#include "common/segment.hpp"

#include <chrono>

using namespace std::chrono_literals;

//! [wait turn]
Turn wait_for_turn(const Slot& slot, SlotState wanted, int shmid, bool peer_came,
                   const shm::Deadline& deadline) {
    for (;;) {
        // In this order: a peer that did its part and then ended is first seen to be gone, and
        // then its part is seen to be done.
        const bool alone = shm::segment_record(shmid).shm_nattch < 2;
        // acquire: pairs with the peer's release, so that the message is whole (or wholly taken).
        if (slot.state.load(std::memory_order_acquire) == wanted) return Turn::mine;
        if (alone && peer_came) return Turn::peer_gone;
        if (deadline.passed()) return Turn::timed_out;
        shm::pause_for(1ms);
    }
}
//! [wait turn]
