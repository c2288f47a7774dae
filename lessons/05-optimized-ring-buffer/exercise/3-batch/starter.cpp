// Exercise 05.3: tell the consumer once for eight messages. Called as: producer NAME MESSAGES
// This program tells it of each message. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Ring, map_ring, tell, wait_for_room

#include <cstdio>
#include <cstdlib>  // strtoul

namespace {

// Your turn, in both functions. After which messages do you tell the consumer?
void send(Ring& ring, std::uint32_t number) {
    wait_for_room(ring, number);
    ring.message[(number - 1) % slots] = number;
    tell(ring, number);
}

// Called when there is nothing more to send for now; `number` was the last message.
void rest(Ring& ring, std::uint32_t number) {
    (void)ring;
    (void)number;
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
