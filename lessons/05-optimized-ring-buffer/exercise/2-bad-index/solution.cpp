// Exercise 05.2, one solution: it reads each number once, looks at it, and keeps its own count.

#include "exercise.hpp"

#include <cstdio>
#include <string>

namespace {

enum class Taken { nothing, message, refused };

Taken take(Ring& ring, std::string& text) {
    // Ours, and in our own memory: what lies in the ring is for the producer to read.
    static std::uint32_t taken = ring.taken.load();
    // How many messages wait. The difference is right also when `sent` has begun again with 0, and
    // it is huge when `sent` went back.
    const std::uint32_t waiting = ring.sent.load() - taken;
    if (waiting == 0) return Taken::nothing;
    if (waiting > slots) return Taken::refused;
    const Slot& slot = ring.slot[taken % slots];
    // Read once: the producer could change it between the look and the use.
    const std::uint32_t length = slot.length.load();
    if (length > most_bytes) return Taken::refused;
    text.assign(slot.text, length);
    ring.taken.store(++taken);
    return Taken::message;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: consumer NAME\n");
        return 2;
    }
    Ring* ring = map_ring(argv[1]);
    if (ring == nullptr) {
        std::perror("consumer");
        return 1;
    }
    for (std::string text; text != "end";) {
        const Taken taken = take(*ring, text);
        if (taken == Taken::nothing) usleep(1000);
        if (taken == Taken::message) std::printf("Message: %s\n", text.c_str());
        if (taken == Taken::refused) {
            std::printf("Refused\n");
            return 1;
        }
    }
    return 0;
}
