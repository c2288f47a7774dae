// A wrong answer: no system call at all, and the receiver sleeps on.
// scene: a receiver that sleeps
// says: nobody wakes it

#include "exercise.hpp"

#include <cstdio>

namespace {

void send(Outbox& outbox, std::uint32_t number) {
    outbox.message[number - 1] = number;
    outbox.sent.store(number);  // after the message
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
