// Exercise 07.1: send 1,000 messages with few system calls. Called as: sender NAME
// This program makes one for each message. There is one place to write: "Your turn".

#include "exercise.hpp"  // struct Outbox, map_outbox, wake

#include <cstdio>

namespace {

void send(Outbox& outbox, std::uint32_t number) {
    outbox.message[number - 1] = number;
    outbox.sent.store(number);  // after the message
    // Your turn. For which of the messages must the receiver be woken?
    wake(outbox.sent);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: sender NAME\n");
        return 2;
    }
    Outbox* outbox = map_outbox(argv[1]);
    if (outbox == nullptr) {
        std::perror("sender");
        return 1;
    }
    for (std::uint32_t number = 1; number <= messages; ++number) {
        send(*outbox, number);
        if (number == messages / 2) {
            std::printf("Sent %u\n", number);
            std::getchar();  // until Enter
        }
    }
    std::printf("Sent %u\n", messages);
    return 0;
}
