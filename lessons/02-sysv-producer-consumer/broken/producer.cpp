/// @file
/// Lesson 02, the obvious wrong way: sets a flag with each message, and never asks whether the last
/// one has been taken. A consumer that is late for a moment loses messages.

#include "flag_slot.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

#include <new>
#include <string>

namespace {

int producer(key_t key, std::uint64_t messages, bool pause) {
    const int shmid = checked::shmget(key, sizeof(FlagSlot), IPC_CREAT | IPC_EXCL | 0600);
    void* memory = checked::shmat(shmid, nullptr, 0);
    auto* slot = new (memory) FlagSlot{};
    shm::say("Producer: Shared memory initialized");
    shm::say("Shared memory ID: {}", shmid);

    for (std::uint32_t number = 1; number <= messages; ++number) {
        //! [set flag]
        slot->counter = number;
        fmt::format_to_n(slot->text, sizeof(slot->text) - 1, "Message number {} from producer",
                         number);
        // "There is a message", whether or not the last one has been taken.
        slot->ready.store(1, std::memory_order_release);
        shm::say("Producer: Sent message {}", number);
        //! [set flag]
        if (number == messages) break;
        if (pause) {
            shm::wait_for_enter("Press Enter to send the next one...");
        } else {
            shm::pause_for(std::chrono::milliseconds(200));
        }
    }
    shm::say("Producer: Finished");
    checked::shmdt(memory);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 12345;
    std::uint64_t messages = 5;
    bool pause = false;
    return shm::program(
        argc, argv, "Broken on purpose: sends messages without waiting for their being taken.",
        [&](shm::Options& options) {
            options.key("--key", key, "The segment's key");
            options.number("--messages", messages, 1, 1'000'000, "How many to send");
            options.flag("--pause", pause, "Wait for Enter between two messages, not 200 ms");
        },
        [&] { return producer(key, messages, pause); });
}
