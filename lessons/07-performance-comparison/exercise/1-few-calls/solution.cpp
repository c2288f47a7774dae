// Exercise 07.1, one solution: it wakes a receiver that sleeps, once, and no other.

#include "exercise.hpp"

#include <cstdio>

namespace {

void send(Outbox& outbox, std::uint32_t number) {
    outbox.message[number - 1] = number;
    outbox.sent.store(number);  // after the message
    // exchange: the receiver is asleep until it runs, but it needs to be woken only once. The order
    // is the default, memory_order_seq_cst: the receiver sets `sleeping` before it looks at `sent`,
    // and we set `sent` before we look at `sleeping`, so at least one of us sees the other.
    if (outbox.sleeping.load() != 0 && outbox.sleeping.exchange(0) != 0) wake(outbox.sent);
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
