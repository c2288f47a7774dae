// Exercise 05.1: publish a message, so that a consumer that sees its number sees all of it.
// Two threads that share a slot call these functions; main stands in exercise.hpp.

#include "exercise.hpp"  // struct Slot, struct Message

// Your turn, in both functions. Which comes first? And which memory order says so?
void publish(Slot& slot, const Message& message) {
    slot.published.store(message.number, std::memory_order_relaxed);
    slot.message = message;
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    if (slot.published.load(std::memory_order_relaxed) != number) return false;
    message = slot.message;
    return true;
}
