/// @file
/// Exercise 02.1, the other side: puts a message into the slot when the last one was taken.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>  // IPC_CREAT, IPC_EXCL, IPC_RMID
#include <sys/shm.h>  // SHM_DEST

#include <chrono>
#include <cstring>  // memcpy
#include <new>
#include <string>

using namespace std::chrono_literals;

namespace {

struct Settings {
    key_t key = 12346;
    std::uint64_t messages = 3;
    bool by_hand = false;
    bool full = false;
    bool late = false;
};

/// Makes sure that the other side has left alone what is not its own.
void require_protocol(int shmid, const Slot& slot, std::uint32_t number) {
    shmid_ds state{};
    checked::shmctl(shmid, IPC_STAT, &state);
    if ((state.shm_perm.mode & SHM_DEST) != 0) {
        throw shm::Failure("the segment was marked for removal, and not by the producer");
    }
    const std::uint32_t sent = slot.sent.load();
    if (sent != number) {
        throw shm::Failure(fmt::format(
            "sent was {}, now it is {}, and the producer did not do that", number, sent));
    }
    const std::uint32_t taken = slot.taken.load();
    if (taken > number) {
        throw shm::Failure(fmt::format("message {} was taken before it was sent", taken));
    }
}

void send(Slot& slot, std::uint32_t number, bool full) {
    std::string text = fmt::format("Message {}", number);
    if (full) text.resize(sizeof(slot.text), '.');
    text.resize(sizeof(slot.text), '\0');
    std::memcpy(slot.text, text.data(), sizeof(slot.text));
    slot.sent.store(number);
    shm::say("Sent message {}", number);
}

void send_all(int shmid, Slot& slot, const Settings& settings) {
    const auto last = static_cast<std::uint32_t>(settings.messages);
    for (std::uint32_t number = 1; number <= last; ++number) {
        if (settings.by_hand) {
            shm::wait_for_enter(fmt::format("Press Enter to send message {}...", number));
        }
        require_protocol(shmid, slot, number - 1);
        send(slot, number, settings.full);
        while (slot.taken.load() < number) {
            shm::pause_for(1ms);
            require_protocol(shmid, slot, number);
        }
        shm::say("Message {} was taken", number);
    }
}

int producer(const Settings& settings) {
    const int shmid = checked::shmget(settings.key, sizeof(Slot), IPC_CREAT | IPC_EXCL | 0600);
    const shm::Cleanup remove([&] { shmctl(shmid, IPC_RMID, nullptr); });
    if (settings.late) shm::wait_for_enter("Not attached yet. Press Enter to go on...");
    void* memory = checked::shmat(shmid, nullptr, 0);
    const shm::Cleanup detach([&] { checked::shmdt(memory); });
    auto* slot = new (memory) Slot{};
    constexpr char own[sizeof(Slot::own)] = "(the producer's own";
    std::memcpy(slot->own, own, sizeof(own));
    slot->messages.store(static_cast<std::uint32_t>(settings.messages));
    shm::say("The segment is ready");
    send_all(shmid, *slot, settings);
    shm::say("Finished");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Puts messages into a slot, each when the one before was taken.",
        [&](shm::Options& options) {
            options.key("--key", settings.key, "The segment's key");
            options.number("--messages", settings.messages, 1, 1'000'000, "How many to send");
            options.flag("--by-hand", settings.by_hand, "Wait for Enter before each message");
            options.flag("--full", settings.full, "Texts of 32 bytes, without a zero byte");
            options.flag("--late", settings.late, "Create the segment, and attach it at Enter");
        },
        [&] { return producer(settings); });
}
