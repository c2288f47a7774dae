/// @file
/// Lesson 02: the turn at the slot, and the slot's protocol between two threads.

#include "lessons/02-sysv-producer-consumer/turn.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "tests/unit/lesson_02_programs.hpp"
#include "tests/unit/support.hpp"

#include <fmt/core.h>

#include <cstring>
#include <thread>

using namespace std::chrono_literals;
using shm::Attachment;
using shm::Deadline;
using unit::FreshKey;

namespace {

/// A slot in a segment, attached once.
struct SlotSegment {
    SlotSegment()
        : shmid(checked::shmget(key.value(), sizeof(Slot), IPC_CREAT | IPC_EXCL | 0600)),
          memory(shmid),
          slot(*static_cast<Slot*>(memory.address())) {}
    Turn wait(SlotState wanted, bool peer_came, std::chrono::milliseconds time) const {
        return wait_for_turn(slot, wanted, shmid, peer_came, Deadline::after(time));
    }
    FreshKey key;
    int shmid;
    Attachment memory;
    Slot& slot;
};

}  // namespace

TEST_CASE("it is one's turn when the slot says so, even if the peer has gone since") {
    const SlotSegment segment;
    CHECK(segment.wait(slot_empty, true, 0ms) == Turn::mine);
    segment.slot.state = slot_full;
    CHECK(segment.wait(slot_full, true, 0ms) == Turn::mine);
}

TEST_CASE("a peer that came and went is missed at once, one that never came is waited for") {
    const SlotSegment segment;
    CHECK(segment.wait(slot_full, true, 10s) == Turn::peer_gone);
    CHECK(segment.wait(slot_full, false, 5ms) == Turn::timed_out);
}

TEST_CASE("a peer that is there and does nothing runs into the deadline") {
    const SlotSegment segment;
    const Attachment peer(segment.shmid);
    CHECK(segment.wait(slot_full, true, 5ms) == Turn::timed_out);
    segment.slot.state = static_cast<SlotState>(77);  // nonsense is nobody's turn
    CHECK(segment.wait(slot_full, true, 5ms) == Turn::timed_out);
    CHECK(segment.wait(slot_empty, true, 5ms) == Turn::timed_out);
}

TEST_CASE("a slot that is removed by hand can still be waited at") {
    const SlotSegment segment;
    REQUIRE(shmctl(segment.shmid, IPC_RMID, nullptr) == 0);
    CHECK(segment.wait(slot_empty, true, 0ms) == Turn::mine);
}

TEST_CASE("two thousand messages between two threads arrive whole and in order") {
    constexpr std::uint32_t messages = 2000;
    const SlotSegment segment;
    const Attachment peer(segment.shmid);  // the threads share one mapping, and count as two
    Slot& slot = segment.slot;
    std::thread producer([&] {
        for (std::uint32_t number = 1; number <= messages; ++number) {
            if (segment.wait(slot_empty, true, 60s) != Turn::mine) return;
            slot.counter = number;
            std::memset(slot.text, static_cast<int>('a' + number % 26), sizeof(slot.text));
            slot.state.store(slot_full, std::memory_order_release);  // release: as the program does
        }
    });
    std::uint32_t right = 0;
    for (std::uint32_t number = 1; number <= messages; ++number) {
        if (segment.wait(slot_full, true, 60s) != Turn::mine) break;
        const std::string expected(sizeof(slot.text), static_cast<char>('a' + number % 26));
        if (slot.counter == number && std::string(slot.text, sizeof(slot.text)) == expected)
            ++right;
        slot.state.store(slot_empty, std::memory_order_release);  // release: as the program does
    }
    producer.join();
    CHECK(right == messages);
}

TEST_CASE("the programs' own messages arrive whole between two threads") {
    constexpr std::uint32_t messages = 300;
    const unit::Ended ended = unit::in_child([] {  // what the consumer says is its output
        const SlotSegment segment;
        const Attachment peer(segment.shmid);
        std::thread producer([&] {
            for (std::uint32_t number = 1; number <= messages; ++number) {
                if (segment.wait(slot_empty, true, 60s) != Turn::mine) return;
                producers_put(segment.slot, number);
            }
        });
        std::uint32_t taken = 0;
        while (taken < messages && segment.wait(slot_full, true, 60s) == Turn::mine) {
            consumers_take(segment.slot, ++taken);
        }
        producer.join();
        return taken == messages ? 0 : 1;
    });
    INFO(ended.err);
    CHECK(ended.status == "0");
    std::string expected;
    for (std::uint32_t number = 1; number <= messages; ++number) {
        expected += fmt::format(
            "Consumer: Received - Counter: {0}, Message: Message number {0} from producer\n",
            number);
    }
    CHECK(ended.out == expected);
}
