// A wrong answer: the publisher keeps the order, and the taker does not.
// scene: two threads
// says: release

#include "exercise.hpp"

void publish(Slot& slot, const Message& message) {
    slot.message = message;
    slot.published.store(message.number, std::memory_order_release);
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    if (slot.published.load(std::memory_order_relaxed) != number) return false;
    message = slot.message;
    return true;
}
