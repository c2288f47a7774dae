/// @file
/// Lesson 02, first program: hands messages to `consumer`, one at a time, through one slot in a
/// System V shared memory segment. Start the two in either order.

#include "live_producer.hpp"  // free_key_of_the_dead
#include "slot.hpp"           // struct Slot: what lies in the segment
#include "turn.hpp"           // wait_until_taken, command_for

#include "common/kernel/checked.hpp"  // checked::shmget ...: a failure is an exception
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>  // IPC_CREAT, IPC_EXCL, IPC_RMID

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <new>
#include <string>

using namespace std::chrono_literals;

namespace {

struct Settings {
    key_t key = 12345;
    std::uint64_t messages = default_messages;
    std::chrono::milliseconds interval = 200ms;
    std::chrono::milliseconds timeout = 60s;
};

/// Creates the segment under `key`: there must be none. Returns its id.
int create_segment(key_t key) {
    //! [create segment]
    // IPC_EXCL: if the key is taken, fail instead of writing into another program's segment.
    // 0600: for this account alone; unlike open(), shmget() heeds no umask.
    return checked::shmget(key, sizeof(Slot), IPC_CREAT | IPC_EXCL | 0600);
    //! [create segment]
}

/// Attaches the new segment, and makes of it a slot that consumers may look at.
Slot* attach_new_slot(int shmid, std::uint64_t messages) {
    //! [attach segment]
    // nullptr: the kernel chooses the address. It may be another one in each process, so nothing in
    // the segment is a pointer.
    void* memory = checked::shmat(shmid, nullptr, 0);
    auto* slot = new (memory) Slot{};
    // First version and size: if this process is killed now, the next one knows whose this is.
    shm::prepare(slot->header, slot_layout);
    slot->messages = static_cast<std::uint32_t>(messages);
    shm::publish(slot->header, slot_layout);  // last: from now on a consumer may look
    //! [attach segment]
    return slot;
}

/// Puts message `number` into the empty slot.
void put_message(Slot& slot, std::uint32_t number) {
    //! [fill slot]
    // The slot is empty, so it is ours: the consumer does not read what we write here ...
    slot.counter = number;
    // Zeros first: behind a shorter text the end of the last one would still stand.
    std::fill(std::begin(slot.text), std::end(slot.text), '\0');
    fmt::format_to_n(slot.text, sizeof(slot.text) - 1, "Message number {} from producer", number);
    // ... until now. release: the message is complete before the slot reads full.
    slot.state.store(slot_full, std::memory_order_release);
    //! [fill slot]
}

int producer(const Settings& settings) {
    free_key_of_the_dead(settings.key);  // a step by itself: live_producer.hpp
    const int shmid = create_segment(settings.key);
    //! [remove segment]
    Slot* slot = nullptr;
    const shm::Cleanup leave([&] {
        // Its key is gone at once, the memory when the last process has detached.
        checked::shmctl(shmid, IPC_RMID, nullptr, checked::allow(EINVAL));  // EINVAL: by ipcrm
        if (slot != nullptr) checked::shmdt(slot);
    });
    //! [remove segment]
    slot = attach_new_slot(shmid, settings.messages);
    shm::say("Producer: Shared memory initialized");
    shm::say("Shared memory ID: {}", shmid);

    const std::string command = command_for("consumer", settings.key, settings.messages);
    for (std::uint32_t number = 1; number <= settings.messages; ++number) {
        put_message(*slot, number);
        shm::say("Producer: Sent message {}", number);
        if (number < settings.messages) shm::pause_for(settings.interval);
        wait_until_taken(*slot, shmid, number, settings.timeout, command);
    }
    shm::say("Producer: Finished");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Sends messages to consumer through one slot of System V shared memory.",
        [&](shm::Options& options) {
            options.key("--key", settings.key, "The segment's key");
            options.number("--messages", settings.messages, 1, 1'000'000, "How many to send");
            options.milliseconds("--interval-ms", settings.interval,
                                 "The time between two messages");
            options.milliseconds("--timeout-ms", settings.timeout,
                                 "How long to wait for a message to be taken");
        },
        [&] { return producer(settings); });
}
