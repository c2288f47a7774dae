/// @file
/// Exercise 05.2, the other side: sends messages through the ring, and then writes what cannot be.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <chrono>
#include <cstring>  // memcpy
#include <new>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace {

struct Settings {
    std::string name = "/my_ring";
    std::string lie = "none";
    std::uint64_t first = 0;
};

Ring* create_ring(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    checked::ftruncate(object.get(), sizeof(Ring));
    return new (checked::mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED,
                              object.get(), 0)) Ring{};
}

/// Sends one message, and waits until it was taken. Counts by itself, so that what lies in the ring
/// can be anything.
void send(Ring& ring, std::uint32_t& sent, std::string_view text) {
    Slot& slot = ring.slot[sent % slots];
    std::memcpy(slot.text, text.data(), text.size());
    slot.length.store(static_cast<std::uint32_t>(text.size()));
    ring.sent.store(++sent);
    while (ring.taken.load() != sent) shm::pause_for(1ms);
}

/// Writes a number that no correct producer writes.
void tell(Ring& ring, const std::string& lie, std::uint32_t& sent) {
    if (lie == "high") ring.sent.store(sent + 100);
    if (lie == "back") ring.sent.store(sent - 1);
    if (lie == "taken") ring.taken.store(0);
    if (lie == "length") {
        ring.slot[sent % slots].length.store(UINT32_MAX);
        ring.sent.store(++sent);
    }
}

int producer(const Settings& settings) {
    Ring& ring = *create_ring(settings.name);
    const shm::Cleanup remove([&] { shm_unlink(settings.name.c_str()); });
    std::uint32_t sent = static_cast<std::uint32_t>(settings.first);
    ring.sent.store(sent);
    ring.taken.store(sent);
    shm::say("Ready");
    send(ring, sent, "one");
    send(ring, sent, "two");
    if (settings.lie != "none") {
        tell(ring, settings.lie, sent);
        shm::wait_for_enter("Wrote what cannot be. Press Enter to go on...");
        if (settings.lie != "taken") return 0;
    }
    for (const char* text : {"three", "four", "five", "six", "seven", "eight", "nine", "end"}) {
        send(ring, sent, text);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Sends messages through a ring, and can write what cannot be.",
        [&](shm::Options& options) {
            options.object_name("--name", settings.name, "The object's name");
            options.choice("--lie", settings.lie, {"none", "high", "back", "length", "taken"},
                           "Which number is wrong after two messages");
            options.number("--first", settings.first, 0, UINT32_MAX,
                           "How many messages were sent before");
        },
        [&] { return producer(settings); });
}
