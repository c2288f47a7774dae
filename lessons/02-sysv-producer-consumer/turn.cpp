#include "turn.hpp"

#include "common/memory/segment.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/options.hpp"  // key_text

#include <algorithm>
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

void wait_for_message(const Slot& slot, int shmid, std::uint32_t number, std::uint32_t messages,
                      std::chrono::milliseconds timeout, shm::WaitNotice& notice) {
    const auto deadline = shm::Deadline::after(timeout);
    notice.begin_again();
    for (;;) {
        const auto slice = shm::Deadline::after(std::min(timeout, 100ms));
        const Turn turn = wait_for_turn(slot, slot_full, shmid, true, slice);
        if (turn == Turn::mine) return;
        if (turn == Turn::timed_out) notice.look("the producer", shm::if_stopped());
        if (turn == Turn::timed_out && !deadline.passed()) continue;
        throw shm::Failure(
            fmt::format("{} before message {} of {}; start both again",
                        turn == Turn::peer_gone ? "the producer has ended" : "nothing came in time",
                        number, messages));
    }
}

std::string command_for(std::string_view program, key_t key, std::uint64_t messages) {
    std::string command =
        fmt::format("{} --key {}", shm::command_beside(program), shm::key_text(key));
    if (messages != default_messages) command += fmt::format(" --messages {}", messages);
    return command;
}
