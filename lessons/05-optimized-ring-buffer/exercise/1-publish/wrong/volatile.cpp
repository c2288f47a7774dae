// A wrong answer: a volatile number in place of an atomic one.
// scene: two threads
// says: release

#include "exercise.hpp"

void publish(Slot& slot, const Message& message) {
    slot.message = message;
    *reinterpret_cast<volatile std::uint64_t*>(&slot.published) = message.number;
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    if (*reinterpret_cast<volatile std::uint64_t*>(&slot.published) != number) return false;
    message = slot.message;
    return true;
}
