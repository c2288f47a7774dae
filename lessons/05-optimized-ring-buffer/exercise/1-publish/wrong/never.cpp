// A wrong answer: it publishes without the number.
// scene: first the message
// says: take gave no message

#include "exercise.hpp"

void publish(Slot& slot, const Message& message) {
    slot.message = message;
    slot.published.fetch_add(2, std::memory_order_release);
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    if (slot.published.load(std::memory_order_acquire) != number) return false;
    message = slot.message;
    return true;
}
