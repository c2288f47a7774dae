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
        // In this order: a peer that does its part and then ends is seen to have done it.
        const bool alone = shm::segment_record(shmid).shm_nattch < 2;
        // acquire: pairs with the peer's release, so that the message is whole (or wholly taken).
        if (slot.state.load(std::memory_order_acquire) == wanted) return Turn::mine;
        if (alone && peer_came) return Turn::peer_gone;
        if (deadline.passed()) return Turn::timed_out;
        shm::pause_for(1ms);
    }
}
//! [wait turn]

void wait_for_message(const Slot& slot, int shmid, std::uint32_t number, std::uint64_t messages,
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

namespace {

/// Says whether a consumer has come to this producer.
bool has_consumer(const Slot& slot) {
    // relaxed: only tells whether one has come; wait_for_turn orders the message itself.
    return slot.consumers.load(std::memory_order_relaxed) > 0;
}

/// Throws if the segment was removed, and not by our consumer.
void require_segment(const Slot& slot, int shmid) {
    // In this order: a consumer comes first, and removes the segment afterwards.
    const bool removed = shm::is_removed(shm::segment_record(shmid));
    if (!removed || has_consumer(slot)) return;
    throw shm::Failure(
        fmt::format("segment {} was removed by another process (ipcrm?); start again", shmid));
}

}  // namespace

void wait_until_taken(const Slot& slot, int shmid, std::uint64_t number,
                      std::chrono::milliseconds timeout, const std::string& command) {
    const auto deadline = shm::Deadline::after(timeout);
    shm::WaitNotice notice(timeout);
    for (;;) {
        const auto slice = shm::Deadline::after(std::min(timeout, 100ms));
        const Turn turn = wait_for_turn(slot, slot_empty, shmid, has_consumer(slot), slice);
        if (turn == Turn::mine) return;
        if (turn == Turn::peer_gone) {
            throw shm::Failure(fmt::format(
                "the consumer has ended without taking message {}; start both again", number));
        }
        require_segment(slot, shmid);
        const bool came = has_consumer(slot);
        if (came) {
            notice.look("the consumer to take a message", shm::if_stopped());
        } else {
            notice.look("a consumer", "in a second terminal: " + command);
        }
        if (deadline.passed()) {
            throw shm::Failure(fmt::format(
                "no consumer took message {} within {}; start {}", number, shm::time_text(timeout),
                came ? "both again" : "the producer again, and a consumer beside it"));
        }
    }
}

std::string command_for(std::string_view program, key_t key, std::uint64_t messages) {
    std::string command =
        fmt::format("{} --key {}", shm::command_beside(program), shm::key_text(key));
    if (messages != default_messages) command += fmt::format(" --messages {}", messages);
    return command;
}
