/// @file
/// Lesson 02, first program: hands messages to `consumer`, one at a time, through one slot in a
/// System V shared memory segment. Start the two in either order.

#include "slot.hpp"  // struct Slot: what lies in the segment
#include "turn.hpp"  // wait_for_turn

#include "common/kernel/checked.hpp"  // checked::shmget ...: a failure is an exception
#include "common/memory/segment.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/wait_notice.hpp"  // says that we wait, and for whom

#include <sys/ipc.h>  // IPC_CREAT, IPC_EXCL, IPC_RMID
#include <sys/shm.h>  // shmdt, shmctl

#include <algorithm>
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

/// Waits until the consumer has emptied the slot of message `number`.
void wait_until_taken(const Slot& slot, int shmid, std::uint64_t number, const Settings& settings) {
    const auto deadline = shm::Deadline::after(settings.timeout);
    const std::string command = command_for("consumer", settings.key, settings.messages);
    shm::WaitNotice notice(settings.timeout);
    // relaxed: only tells whether anybody has come; wait_for_turn orders the message itself.
    const auto came = [&] { return slot.consumers.load(std::memory_order_relaxed) > 0; };
    for (;;) {
        const auto slice = shm::Deadline::after(std::min(settings.timeout, 100ms));
        switch (wait_for_turn(slot, slot_empty, shmid, came(), slice)) {
            case Turn::mine:
                return;
            case Turn::peer_gone:
                throw shm::Failure(fmt::format(
                    "the consumer has ended without taking message {}; start both again", number));
            case Turn::timed_out:
                break;
        }
        // In this order: a consumer comes first, and removes the segment afterwards.
        const bool removed = shm::is_removed(shm::segment_record(shmid));
        if (removed && !came()) {
            throw shm::Failure(fmt::format(
                "segment {} was removed by somebody else (ipcrm?); start again", shmid));
        }
        if (came()) {
            notice.look("the consumer to take a message", shm::if_stopped());
        } else {
            notice.look("a consumer", "in a second terminal: " + command);
        }
        if (deadline.passed()) {
            throw shm::Failure(
                fmt::format("nobody took message {} within {}; start {}", number,
                            shm::time_text(settings.timeout),
                            came() ? "both again" : "a consumer beside the producer"));
        }
    }
}

int producer(const Settings& settings) {
    shm::remove_segment_of_the_dead(settings.key, slot_layout);  // if a killed producer left one

    //! [create segment]
    // IPC_EXCL: if the key is taken, fail instead of writing into somebody else's segment.
    // 0600: for this account alone; unlike open(), shmget() heeds no umask.
    const int shmid = checked::shmget(settings.key, sizeof(Slot), IPC_CREAT | IPC_EXCL | 0600);
    //! [create segment]

    //! [remove segment]
    void* memory = nullptr;
    const shm::Cleanup leave([&] {
        // Removed only when the last one has detached; nobody finds it by its key any more.
        shmctl(shmid, IPC_RMID, nullptr);
        if (memory != nullptr) shmdt(memory);
    });
    //! [remove segment]

    //! [attach segment]
    // nullptr: the kernel chooses the address, another one in each process.
    memory = checked::shmat(shmid, nullptr, 0);
    auto* slot = new (memory) Slot{};
    shm::prepare(slot->mark, slot_layout);  // first: whose memory this is going to be
    slot->messages = static_cast<std::uint32_t>(settings.messages);
    shm::publish(slot->mark, slot_layout);  // last: from now on a consumer may look
    //! [attach segment]
    shm::say("Producer: Shared memory initialized");
    shm::say("Shared memory ID: {}", shmid);

    for (std::uint32_t number = 1; number <= settings.messages; ++number) {
        //! [fill slot]
        // The slot is empty, so it is ours: nobody reads what we write here ...
        slot->counter = number;
        fmt::format_to_n(slot->text, sizeof(slot->text) - 1, "Message number {} from producer",
                         number);
        // ... until now. release: the message is complete before the slot reads full.
        slot->state.store(slot_full, std::memory_order_release);
        //! [fill slot]
        shm::say("Producer: Sent message {}", number);
        if (number < settings.messages) shm::pause_for(settings.interval);
        wait_until_taken(*slot, shmid, number, settings);
        // The text is ours again; without its old end a shorter one would show it.
        std::fill(std::begin(slot->text), std::end(slot->text), '\0');
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
