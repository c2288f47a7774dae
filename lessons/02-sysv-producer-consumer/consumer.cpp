/// @file
/// Lesson 02, second program: takes messages from the slot that `producer` fills, and cleans up.

#include "live_producer.hpp"  // whose segment is it?
#include "slot.hpp"           // struct Slot: what lies in the segment
#include "turn.hpp"           // wait_for_message, command_for

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>   // IPC_RMID
#include <sys/mman.h>  // MAP_FAILED: what shmat returns for a failure, too

#include <cerrno>
#include <chrono>
#include <cstring>  // strnlen
#include <string>

using namespace std::chrono_literals;

namespace {

struct Settings {
    key_t key = 12345;
    std::uint64_t messages = default_messages;
    std::chrono::milliseconds timeout = 60s;
};

/// Attaches the segment under `key`. Returns nullptr if there is none.
Slot* attach(key_t key, int& shmid) {
    //! [find segment]
    // No IPC_CREAT, and size 0: take the one that is there, however large it is.
    shmid = checked::shmget(key, 0, 0600, checked::allow(ENOENT));
    if (shmid == -1) return nullptr;  // no producer yet
    //! [find segment]

    //! [attach segment]
    void* memory = checked::shmat(shmid, nullptr, 0, checked::allow(EINVAL, EIDRM));
    return memory == MAP_FAILED ? nullptr : static_cast<Slot*>(memory);  // removed in between
    //! [attach segment]
}

/// Attaches the segment under `key` if a live producer has published it; else returns nullptr. One
/// that a dead producer has published is removed, so that the next producer finds the key free.
Slot* attach_live_or_remove_dead(key_t key, int& shmid) {
    Slot* slot = attach(key, shmid);
    if (slot == nullptr) return nullptr;
    shm::Cleanup detach([&] { checked::shmdt(slot); });
    const ProducerState producer = producer_of(*slot, shmid);
    if (producer == ProducerState::has_died) {
        shm::note("segment {} was left behind by a producer that is gone: removing it", shmid);
        checked::shmctl(shmid, IPC_RMID, nullptr);
    }
    if (producer != ProducerState::is_alive) return nullptr;
    detach.cancel();
    return slot;
}

/// Waits until there is a live producer's segment, and attaches it.
Slot* wait_for_producer(const Settings& settings, int& shmid) {
    const std::string key = shm::key_text(settings.key);
    const std::string command = command_for("producer", settings.key, settings.messages);
    const auto deadline = shm::Deadline::after(settings.timeout);
    shm::WaitNotice notice(settings.timeout);
    for (;;) {
        if (Slot* slot = attach_live_or_remove_dead(settings.key, shmid)) return slot;
        notice.look("a producer", "in a second terminal: " + command);
        if (deadline.passed()) {
            free_key_of_the_dead(settings.key);  // of a producer that died unpublished
            throw shm::Failure(fmt::format("no producer under key {} within {}; start one: {}", key,
                                           shm::time_text(settings.timeout), command));
        }
        shm::pause_for(1ms);
    }
}

/// Makes sure that producer and consumer mean as many messages.
void require_as_many(const Slot& slot, std::uint64_t messages) {
    const std::uint32_t sent = slot.messages;  // once: a peer could change it
    if (sent != messages) {
        throw shm::Failure(fmt::format(
            "the producer sends {}, we were asked for {}; give both the same --messages",
            shm::count_text(sent, "message"), messages));
    }
}

/// Makes this process the producer's consumer, of which there can be one.
void become_only_consumer(Slot& slot) {
    // relaxed: the consumer that gets the 0 is the first; nothing else is handed over by it.
    if (slot.consumers.fetch_add(1, std::memory_order_relaxed) != 0) {
        throw shm::Failure("another consumer has this producer; choose another --key for both");
    }
}

/// Takes the message out of the full slot, and empties it.
void take_message(Slot& slot, std::uint32_t number) {
    //! [empty slot]
    // The slot is full, so it is ours. Copied before use, and its end not taken on trust.
    const std::uint32_t counter = slot.counter;
    const std::string text(slot.text, strnlen(slot.text, sizeof(slot.text)));
    shm::say("Consumer: Received - Counter: {}, Message: {}", counter, text);
    // release: all that we read was read before the slot reads empty, and may be overwritten.
    slot.state.store(slot_empty, std::memory_order_release);
    //! [empty slot]
    if (counter != number) {
        throw shm::Failure(
            fmt::format("message {} came as number {}: the producer does not keep to the protocol",
                        number, counter));
    }
}

int consumer(const Settings& settings) {
    int shmid = -1;
    Slot* slot = wait_for_producer(settings, shmid);
    const shm::Cleanup detach([&] { checked::shmdt(slot); });
    require_as_many(*slot, settings.messages);
    become_only_consumer(*slot);
    shm::say("Consumer: Connected to shared memory");
    shm::say("Shared memory ID: {}", shmid);

    //! [remove early]
    // Both are attached, so no process needs the key any more. Removed now, the segment goes with
    // the last of us, however we end: from here on nothing can stay behind.
    checked::shmctl(shmid, IPC_RMID, nullptr);
    //! [remove early]

    shm::WaitNotice notice(settings.timeout);
    for (std::uint32_t number = 1; number <= settings.messages; ++number) {
        wait_for_message(*slot, shmid, number, settings.messages, settings.timeout, notice);
        take_message(*slot, number);
    }
    shm::say("Consumer: Finished and cleaned up");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Takes messages from producer through one slot of System V shared memory.",
        [&](shm::Options& options) {
            options.key("--key", settings.key, "The segment's key");
            options.number("--messages", settings.messages, 1, 1'000'000, "How many to take");
            options.milliseconds("--timeout-ms", settings.timeout,
                                 "How long to wait for a producer, and for each message");
        },
        [&] { return consumer(settings); });
}
