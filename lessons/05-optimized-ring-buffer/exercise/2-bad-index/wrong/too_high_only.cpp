// A wrong answer: it refuses what is too high, and not what went back.
// scene: a number that goes back
// says: four thousand million

#include "exercise.hpp"

#include <cstdio>
#include <string>

namespace {

enum class Taken { nothing, message, refused };

Taken take(Ring& ring, std::string& text) {
    static std::uint32_t taken = ring.taken.load();
    const std::uint32_t sent = ring.sent.load();
    if (sent == taken) return Taken::nothing;
    if (sent > taken + slots) return Taken::refused;
    const Slot& slot = ring.slot[taken % slots];
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
