// Exercise 05.2: a ring that survives a bad index. Called as: consumer NAME
// This program believes each number in the ring. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Ring, map_ring

#include <cstdio>
#include <string>

namespace {

enum class Taken { nothing, message, refused };

Taken take(Ring& ring, std::string& text) {
    // Your turn. The producer can write each of these numbers, at any time. What can they be?
    const std::uint32_t taken = ring.taken.load();
    if (ring.sent.load() == taken) return Taken::nothing;
    const Slot& slot = ring.slot[taken % slots];
    text.assign(slot.text, slot.length.load());
    ring.taken.store(taken + 1);
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
