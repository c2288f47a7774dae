// A wrong answer: it does not wait for a free slot.
// scene: a thousand messages
// says: had not taken

#include "exercise.hpp"

#include <cstdio>
#include <cstdlib>  // strtoul

namespace {

void send(Ring& ring, std::uint32_t number) {
    ring.message[(number - 1) % slots] = number;
    if (number % 8 == 0) tell(ring, number);
}

// Called when there is nothing more to send for now; `number` was the last message.
void rest(Ring& ring, std::uint32_t number) {
    if (number % 8 != 0) tell(ring, number);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: producer NAME MESSAGES\n");
        return 2;
    }
    Ring* ring = map_ring(argv[1]);
    if (ring == nullptr) {
        std::perror("producer");
        return 1;
    }
    const auto messages = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
    for (std::uint32_t number = 1; number <= messages; ++number) send(*ring, number);
    rest(*ring, messages);
    std::printf("Sent %u\n", messages);
    std::getchar();  // until Enter
    return 0;
}
