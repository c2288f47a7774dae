/// @file
/// Exercise 05.2, the other side: sends messages through the ring, and then writes what cannot be.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <algorithm>
#include <array>
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
    std::uint64_t more = 100;
    std::uint64_t bytes = UINT32_MAX;
    bool is_full = false;
    bool is_at_once = false;
};

Ring* create_ring(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    checked::ftruncate(object.get(), sizeof(Ring));
    return new (checked::mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED,
                              object.get(), 0)) Ring{};
}

/// Writes message `number` into its slot.
void write(Ring& ring, std::uint32_t number, std::string_view text) {
    Slot& slot = ring.slot[number % slots];
    std::memset(slot.text, '.', sizeof(slot.text));  // no zero ends the text
    std::memcpy(slot.text, text.data(), text.size());
    slot.length.store(static_cast<std::uint32_t>(text.size()));
}

/// Sends one message. Counts by itself, so that what lies in the ring can be anything.
void put(Ring& ring, std::uint32_t& sent, std::string_view text) {
    write(ring, sent, text);
    ring.sent.store(++sent);
}

void wait_until_taken(const Ring& ring, std::uint32_t sent) {
    while (ring.taken.load() != sent) shm::pause_for(1ms);
}

/// Sends one message, and waits until it was taken.
void send(Ring& ring, std::uint32_t& sent, std::string_view text) {
    put(ring, sent, text);
    wait_until_taken(ring, sent);
}

/// Sends as many messages as there are slots, before any is taken.
void fill(Ring& ring, std::uint32_t& sent) {
    constexpr std::string_view longest =
        "sixty bytes are what a slot has room for, and they all count";
    static_assert(longest.size() == most_bytes);
    for (const char* text : {"one", "two", "three", "four", "five", "six", "seven"}) {
        put(ring, sent, text);
    }
    put(ring, sent, longest);
}

/// Sends a message, and makes it longer when the consumer has read how long it is.
void make_longer(Ring& ring, std::uint32_t& sent) {
    shm::wait_for_enter("Press Enter to send the third...");
    const std::uint32_t third = sent % slots;
    put(ring, sent, "three");
    shm::wait_for_enter("Sent three. Press Enter to make it longer...");
    ring.slot[third].length.store(UINT32_MAX);
    shm::say("Made it longer");
    wait_until_taken(ring, sent);
}

/// Fills the ring, and writes to each slot as soon as the consumer has given it back.
void write_at_once(Ring& ring, std::uint32_t& sent) {
    shm::wait_for_enter("Press Enter to fill the ring...");
    const std::uint32_t before = sent;
    for (const char* text : {"three", "four", "five", "six", "seven", "eight", "nine", "ten"}) {
        write(ring, sent++, text);
    }
    ring.sent.store(sent);
    shm::wait_for_enter("Filled. Press Enter to write to what was given back...");
    const std::array texts = {"eleven",  "twelve",  "thirteen",  "fourteen",
                              "fifteen", "sixteen", "seventeen", "eighteen"};
    const std::size_t given_back = std::min<std::size_t>(ring.taken.load() - before, texts.size());
    for (std::size_t i = 0; i < given_back; ++i) put(ring, sent, texts.at(i));
    shm::say("Wrote to {}", shm::count_text(given_back, "slot"));
    wait_until_taken(ring, sent);
    for (std::size_t i = given_back; i < texts.size(); ++i) send(ring, sent, texts.at(i));
    send(ring, sent, "end");
}

/// Writes a number that no correct producer writes.
void tell(Ring& ring, const Settings& settings, std::uint32_t& sent) {
    if (settings.lie == "high") ring.sent.store(sent + static_cast<std::uint32_t>(settings.more));
    if (settings.lie == "back") ring.sent.store(sent - 1);
    if (settings.lie == "taken") ring.taken.store(0);
    if (settings.lie == "length") {
        ring.slot[sent % slots].length.store(static_cast<std::uint32_t>(settings.bytes));
        ring.sent.store(++sent);
    }
}

int producer(const Settings& settings) {
    Ring& ring = *create_ring(settings.name);
    const shm::Cleanup remove([&] { shm_unlink(settings.name.c_str()); });
    std::uint32_t sent = static_cast<std::uint32_t>(settings.first);
    ring.sent.store(sent);
    ring.taken.store(sent);
    if (settings.is_full) fill(ring, sent);
    shm::say("Ready");
    if (settings.is_full) {
        wait_until_taken(ring, sent);
        send(ring, sent, "end");
        return 0;
    }
    send(ring, sent, "one");
    send(ring, sent, "two");
    if (settings.is_at_once) {
        write_at_once(ring, sent);
        return 0;
    }
    if (settings.lie == "late") {
        make_longer(ring, sent);
    } else if (settings.lie != "none") {
        tell(ring, settings, sent);
        shm::wait_for_enter("Wrote what cannot be. Press Enter to go on...");
        if (settings.lie != "taken") return 0;
    }
    if (settings.lie != "late") send(ring, sent, "three");
    for (const char* text : {"four", "five", "six", "seven", "eight", "nine", "end"}) {
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
            options.choice("--lie", settings.lie,
                           {"none", "high", "back", "length", "taken", "late"},
                           "Which number is wrong after two messages; late: the third message's "
                           "length, once it was sent");
            options.flag("--at-once", settings.is_at_once,
                         "Fills the ring after two messages, and writes to each slot as soon as it "
                         "was given back");
            options.number("--more", settings.more, 9, UINT32_MAX,
                           "With --lie high: so many more than were sent");
            options.number("--bytes", settings.bytes, 61, UINT32_MAX,
                           "With --lie length: so long is the third message");
            options.flag("--full", settings.is_full,
                         "Fills the ring before it says Ready; then sends the last message");
            options.number("--first", settings.first, 0, UINT32_MAX,
                           "How many messages were sent before");
        },
        [&] { return producer(settings); });
}
