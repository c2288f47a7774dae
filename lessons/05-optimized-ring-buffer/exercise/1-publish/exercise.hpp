/// @file
/// Exercise 05.1: the slot, what you write, and a main that tries it with two threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>  // strcmp
#include <thread>

// Two numbers, which are alike in a message that is whole.
struct Message {
    std::uint64_t number = 0;
    std::uint64_t again = 0;

    Message() = default;
    explicit Message(std::uint64_t value) : number(value), again(value) {}
    Message(const Message&) = default;
    Message& operator=(const Message& other);
};

struct Slot {
    std::atomic<std::uint64_t> published{0};  // the number of the message that is there
    std::atomic<std::uint64_t> taken{0};      // the number of the last one that was taken
    Message message;                          // not an atomic: too large in a real ring
};

// Yours: puts the message into the slot, which is free, and says that it is there.
void publish(Slot& slot, const Message& message);
// Yours: takes the message out if it is the one of that number; returns whether it was.
bool take(Slot& slot, std::uint64_t number, Message& message);

// ---- How it is tried ----

namespace trial {

inline const Slot* watched = nullptr;
inline bool was_early = false;

inline int order() {
    Slot slot;
    watched = &slot;
    publish(slot, Message(1));
    watched = nullptr;
    Message message;
    const bool found = take(slot, 1, message) && !take(slot, 2, message);
    if (was_early) std::printf("The number was there before the message\n");
    if (!found) std::printf("The message was not found under its number, or under another one\n");
    if (found && !was_early) std::printf("First the message, then its number\n");
    return found && !was_early ? 0 : 1;
}

inline int threads() {
    constexpr std::uint64_t messages = 1000;
    Slot slot;
    std::thread producer([&] {
        for (std::uint64_t number = 1; number <= messages; ++number) {
            while (slot.taken.load() != number - 1) std::this_thread::yield();
            publish(slot, Message(number));
        }
    });
    std::uint64_t torn = 0;
    for (std::uint64_t number = 1; number <= messages; ++number) {
        Message message;
        while (!take(slot, number, message)) std::this_thread::yield();
        if (message.number != number || message.again != number) ++torn;
        slot.taken.store(number);
    }
    producer.join();
    std::printf("%d messages, %d torn\n", static_cast<int>(messages), static_cast<int>(torn));
    return 0;
}

}  // namespace trial

inline Message& Message::operator=(const Message& other) {
    if (trial::watched != nullptr && trial::watched->published.load() == other.number) {
        trial::was_early = true;
    }
    number = other.number;
    again = other.again;
    return *this;
}

int main(int argc, char** argv) {
    const bool only_order = argc == 2 && std::strcmp(argv[1], "order") == 0;
    return only_order ? trial::order() : trial::threads();
}
