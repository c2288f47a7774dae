// A wrong answer: the number comes first, if with the right orders.
// scene: first the message
// says: all of the message

#include "exercise.hpp"

void publish(Slot& slot, const Message& message) {
    slot.published.store(message.number, std::memory_order_release);
    slot.message = message;
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    if (slot.published.load(std::memory_order_acquire) != number) return false;
    message = slot.message;
    return true;
}
