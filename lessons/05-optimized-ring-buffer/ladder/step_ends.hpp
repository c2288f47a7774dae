/// @file
/// Lesson 05, ladder, step 8: the ends are objects of their own. What only one side needs to know
/// lies in that side's own memory, or rather in its registers: as long as it lay in the ring, the
/// compiler had to read it back after every store that the other side may see, and write it, too.
#pragma once

#include "step.hpp"

#include <atomic>

namespace ladder {

/// What both sides see. The rest is in the ends.
template <typename Message>
struct EndsRingOf {
    alignas(2 * line) std::atomic<std::uint64_t> pushed = 0;
    alignas(2 * line) std::atomic<std::uint64_t> popped = 0;
    alignas(2 * line) Message slots[capacity];

    //! [ends push]
    class Producer {
    public:
        explicit Producer(EndsRingOf& ring) : ring_(&ring) {}

        bool try_push(const Message& message) {
            if (pushed_ - popped_seen_ == capacity) {
                // acquire: the consumer has read what we overwrite
                popped_seen_ = ring_->popped.load(std::memory_order_acquire);
                if (pushed_ - popped_seen_ == capacity) return false;
            }
            ring_->slots[pushed_ % capacity] = message;
            pushed_ = pushed_ + 1;
            ring_->pushed.store(pushed_, std::memory_order_release);  // release: it is there
            return true;
        }

    private:
        EndsRingOf* ring_;
        std::uint64_t pushed_ = 0;
        std::uint64_t popped_seen_ = 0;
    };
    //! [ends push]

    /// The end that receives.
    class Consumer {
    public:
        explicit Consumer(EndsRingOf& ring) : ring_(&ring) {}

        bool try_pop(Message& message) {
            if (taken_ == pushed_seen_) {
                // acquire: the message is there
                pushed_seen_ = ring_->pushed.load(std::memory_order_acquire);
                if (taken_ == pushed_seen_) return false;
            }
            message = ring_->slots[taken_ % capacity];
            taken_ = taken_ + 1;
            if (taken_ % (capacity / 16) == 0) {
                ring_->popped.store(taken_, std::memory_order_release);  // release: we read them
            }
            return true;
        }

    private:
        EndsRingOf* ring_;
        std::uint64_t taken_ = 0;
        std::uint64_t pushed_seen_ = 0;
    };
};

/// Of the numbers that all steps send.
using EndsRing = EndsRingOf<std::uint32_t>;

}  // namespace ladder
