/// @file
/// Lesson 02, the obvious wrong way, other side: takes what the flag announces, and cannot know
/// what it has missed.

#include "flag_slot.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/wait_notice.hpp"

#include <chrono>
#include <cstring>  // strnlen
#include <string>

using namespace std::chrono_literals;

namespace {

int consumer(key_t key, std::uint64_t messages, bool pause, std::chrono::milliseconds timeout) {
    const int shmid =
        checked::shmget(key, 0, 0600);  // of broken/producer; it would spoil producer's
    void* memory = checked::shmat(shmid, nullptr, 0);
    const shm::Cleanup remove([&] {
        checked::shmctl(shmid, IPC_RMID, nullptr);
        checked::shmdt(memory);
    });
    auto* slot = static_cast<FlagSlot*>(memory);
    shm::say("Consumer: Connected to shared memory");
    if (pause) shm::wait_for_enter("Press Enter to start reading...");

    for (std::uint64_t taken = 0; taken < messages; ++taken) {
        const auto deadline = shm::Deadline::after(timeout);
        shm::WaitNotice notice(timeout);
        while (slot->ready.load(std::memory_order_acquire) == 0) {
            notice.look("broken/producer", "it may have overwritten a message, and end");
            if (deadline.passed()) {
                throw shm::Failure(fmt::format("{} of {} came, and then nothing for {}", taken,
                                               shm::count_text(messages, "message"),
                                               shm::time_text(timeout)));
            }
            shm::pause_for(1ms);
        }
        //! [clear flag]
        // acquire, above: the flag was 1, so the message is whole.
        const std::string text(slot->text, strnlen(slot->text, sizeof(slot->text)));
        const std::uint32_t counter = slot->counter;
        slot->ready.store(0, std::memory_order_release);  // the producer does not look at it
        shm::say("Consumer: Received - Counter: {}, Message: {}", counter, text);
        //! [clear flag]
    }
    shm::say("Consumer: Finished and cleaned up");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 12345;
    std::uint64_t messages = 5;
    bool pause = false;
    std::chrono::milliseconds timeout = 60s;
    return shm::program(
        argc, argv, "Broken on purpose: takes messages from broken/producer, and misses some.",
        [&](shm::Options& options) {
            options.key("--key", key, "The segment's key");
            options.number("--messages", messages, 1, 1'000'000, "How many to take");
            options.flag("--pause", pause, "Wait for Enter before the first message");
            options.milliseconds("--timeout-ms", timeout, "How long to wait for each message");
        },
        [&] { return consumer(key, messages, pause, timeout); });
}
