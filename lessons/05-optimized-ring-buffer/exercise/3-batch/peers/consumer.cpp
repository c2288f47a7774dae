/// @file
/// Exercise 05.3, the other side: takes the messages, and looks how often it was told of them.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <fmt/core.h>

#include <chrono>
#include <new>
#include <string>

using namespace std::chrono_literals;

namespace {

Ring* create_ring(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    checked::ftruncate(object.get(), sizeof(Ring));
    return new (checked::mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED,
                              object.get(), 0)) Ring{};
}

/// Looks at `sent`. Each new value that it sees was told by a store, which tell has counted first.
class Told {
public:
    explicit Told(const Ring& ring) : ring_(ring) {}

    std::uint32_t look() {
        const std::uint32_t sent = ring_.sent.load(std::memory_order_acquire);
        if (sent != last_) ++values_;
        last_ = sent;
        const std::uint32_t stores = ring_.stores.load();
        if (stores < values_) {
            throw shm::Failure(
                fmt::format("sent had {} values, and {} stores were counted", values_, stores));
        }
        return sent;
    }

private:
    const Ring& ring_;
    std::uint32_t last_ = 0;
    std::uint32_t values_ = 0;
};

void take(Ring& ring, Told& told, std::uint32_t number) {
    while (told.look() < number) shm::pause_for(1ms);
    const std::uint64_t found = ring.message[(number - 1) % slots];
    if (ring.early.load() != 0) throw shm::Failure("told of a message that was not there yet");
    if (found != number) throw shm::Failure(fmt::format("message {} holds {}", number, found));
    ring.taken.store(number, std::memory_order_release);
}

int consumer(const std::string& name, std::uint32_t messages, bool by_hand) {
    Ring& ring = *create_ring(name);
    const shm::Cleanup remove([&] { shm_unlink(name.c_str()); });
    if (by_hand) {
        shm::wait_for_enter("Ready. Press Enter to take the messages...");
    } else {
        shm::say("Ready");
    }
    Told told(ring);
    for (std::uint32_t number = 1; number <= messages; ++number) take(ring, told, number);
    const std::uint32_t stores = ring.stores.load();
    shm::say("Took {} messages, {} one store for eight", messages,
             stores <= messages / 8 + 1 ? "at most" : fmt::format("{} stores: more than", stores));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_ring";
    std::uint64_t messages = 1000;
    bool by_hand = false;
    return shm::program(
        argc, argv, "Takes messages, and looks how often it was told of them.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.number("--messages", messages, 1, 1000000, "How many messages");
            options.flag("--by-hand", by_hand, "Wait for Enter before the first one");
        },
        [&] { return consumer(name, static_cast<std::uint32_t>(messages), by_hand); });
}
