/// @file
/// Lesson 05, ladder, an experiment: what looking at the other side's index costs.
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// The ring of step 8, which gives back each message.
/// @tparam each_time  look at the other's index at every call, or when the copy of it is used up
template <bool each_time>
struct LookingRing {
    alignas(2 * line) std::atomic<std::uint64_t> pushed = 0;
    alignas(2 * line) std::atomic<std::uint64_t> popped = 0;
    alignas(2 * line) std::uint32_t slots[capacity];

    //! [looking push]
    class Producer {
    public:
        explicit Producer(LookingRing& ring) : ring_(&ring) {}
        bool try_push(std::uint32_t message) {
            if (each_time || pushed_ - popped_seen_ == capacity) {
                // acquire: the consumer has read what we overwrite
                popped_seen_ = ring_->popped.load(std::memory_order_acquire);
                if (pushed_ - popped_seen_ == capacity) return false;
            }
            ring_->slots[pushed_ % capacity] = message;
            ring_->pushed.store(++pushed_, std::memory_order_release);  // release: it is there
            return true;
        }

    private:
        LookingRing* ring_;
        std::uint64_t pushed_ = 0;
        std::uint64_t popped_seen_ = 0;
    };
    //! [looking push]

    /// The end that receives.
    class Consumer {
    public:
        explicit Consumer(LookingRing& ring) : ring_(&ring) {}
        bool try_pop(std::uint32_t& message) {
            if (each_time || popped_ == pushed_seen_) {
                // acquire: the message is there
                pushed_seen_ = ring_->pushed.load(std::memory_order_acquire);
                if (popped_ == pushed_seen_) return false;
            }
            message = ring_->slots[popped_ % capacity];
            ring_->popped.store(++popped_, std::memory_order_release);  // release: we have read it
            return true;
        }

    private:
        LookingRing* ring_;
        std::uint64_t popped_ = 0;
        std::uint64_t pushed_seen_ = 0;
    };
};

}  // namespace ladder
