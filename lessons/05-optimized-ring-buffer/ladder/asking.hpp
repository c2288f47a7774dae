/// @file
/// Lesson 05, ladder, an experiment: what it is worth to ask for a line before it is needed.
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// The ring of step 8, with a number beside each message, as in the final ring.
/// @tparam ahead  how many lines ahead the consumer asks for one; 0: not at all
template <std::uint64_t ahead>
struct AskingRing {
    struct Slot {
        std::atomic<std::uint32_t> number;
        std::uint32_t message;
    };
    alignas(2 * line) std::atomic<std::uint64_t> popped = 0;
    alignas(2 * line) Slot slots[capacity] = {};

    /// The end that sends.
    class Producer {
    public:
        explicit Producer(AskingRing& ring) : ring_(&ring) {}
        bool try_push(std::uint32_t message) {
            if (pushed_ - popped_seen_ == capacity) {
                // acquire: the consumer has read what we overwrite
                popped_seen_ = ring_->popped.load(std::memory_order_acquire);
                if (pushed_ - popped_seen_ == capacity) return false;
            }
            Slot& slot = ring_->slots[pushed_ % capacity];
            pushed_ = pushed_ + 1;
            slot.message = message;
            // release: the message is there
            slot.number.store(static_cast<std::uint32_t>(pushed_), std::memory_order_release);
            return true;
        }

    private:
        AskingRing* ring_;
        std::uint64_t pushed_ = 0;
        std::uint64_t popped_seen_ = 0;
    };

    /// The end that receives.
    class Consumer {
    public:
        explicit Consumer(AskingRing& ring) : ring_(&ring) {}
        bool try_pop(std::uint32_t& message) {
            Slot& slot = ring_->slots[taken_ % capacity];
            const auto next = static_cast<std::uint32_t>(taken_ + 1);
            // acquire: the message is there
            if (slot.number.load(std::memory_order_acquire) != next) return false;
            if constexpr (ahead != 0) {
                __builtin_prefetch(
                    &ring_->slots[(taken_ + ahead * (line / sizeof(Slot))) % capacity]);
            }
            message = slot.message;
            taken_ = taken_ + 1;
            if (taken_ % (capacity / 16) == 0) {
                ring_->popped.store(taken_, std::memory_order_release);  // release: we read them
            }
            return true;
        }

    private:
        AskingRing* ring_;
        std::uint64_t taken_ = 0;
    };
};

}  // namespace ladder
