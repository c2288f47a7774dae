// Exercise 05.1, one solution: release after the message, acquire before it.

#include "exercise.hpp"

void publish(Slot& slot, const Message& message) {
    slot.message = message;
    // release: a consumer that sees the number sees the message that was written before it.
    slot.published.store(message.number, std::memory_order_release);
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    // acquire: what is read from here on is read after the number.
    if (slot.published.load(std::memory_order_acquire) != number) return false;
    message = slot.message;
    return true;
}
