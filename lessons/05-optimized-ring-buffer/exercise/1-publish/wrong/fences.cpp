// A wrong answer: fences: right, and ThreadSanitizer cannot see it.
// scene: two threads
// says: cannot see fences

#pragma GCC diagnostic ignored "-Wtsan"
#include "exercise.hpp"

void publish(Slot& slot, const Message& message) {
    slot.message = message;
    std::atomic_thread_fence(std::memory_order_release);
    slot.published.store(message.number, std::memory_order_relaxed);
}

bool take(Slot& slot, std::uint64_t number, Message& message) {
    if (slot.published.load(std::memory_order_relaxed) != number) return false;
    std::atomic_thread_fence(std::memory_order_acquire);
    message = slot.message;
    return true;
}
