/// @file
/// Lesson 05, ladder, an experiment: what it is worth to ask for a line before a store needs it.
#pragma once

#include "step.hpp"
#include "step_ends.hpp"

#include "common/ring/copy.hpp"
#include "common/ring/slots.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ladder {

/// The ring of step 8 for messages of 40 bytes, whose producer copies them in words.
/// @tparam ahead  how many lines ahead the producer asks for one, to write to it; 0: not at all
template <std::uint64_t ahead>
struct WritingRing : EndsRingOf<ring_bench::Message<40>> {
    using Message = ring_bench::Message<40>;

    static std::size_t bytes(std::size_t) { return sizeof(WritingRing); }
    static void create(void* memory, std::size_t, std::size_t) { new (memory) WritingRing; }
    static WritingRing& open(void* memory, std::size_t) {
        return *static_cast<WritingRing*>(memory);
    }

    /// The end that sends.
    class Producer {
    public:
        explicit Producer(WritingRing& ring) : ring_(&ring) {}
        bool try_push(const Message& message) {
            if (pushed_ == limit_) {
                // acquire: the consumer has read what we overwrite
                limit_ = ring_->popped.load(std::memory_order_acquire) + capacity;
                if (pushed_ == limit_) return false;
            }
            shm::ring::copy_in(&ring_->slots[pushed_ % capacity], message);
            pushed_ = pushed_ + 1;
            ring_->pushed.store(pushed_, std::memory_order_release);  // release: it is there
            if constexpr (ahead != 0) ask_to_write_ahead();
            return true;
        }

    private:
        // Once a line, and for lines that are free, as the final ring does.
        void ask_to_write_ahead() const {
            constexpr std::uint64_t messages =
                (ahead * line + sizeof(Message) - 1) / sizeof(Message);
            const Message* next = &ring_->slots[pushed_ % capacity];
            if (reinterpret_cast<std::uintptr_t>(next) % line >= sizeof(Message)) return;
            if (limit_ - pushed_ <= 2 * messages) return;
            const Message& later = ring_->slots[(pushed_ + messages) % capacity];
            shm::ring::ask_to_write(reinterpret_cast<const std::byte*>(&later));
        }

        WritingRing* ring_;
        std::uint64_t pushed_ = 0;
        std::uint64_t limit_ = capacity;  // the first message that has no slot, when it last looked
    };
};

}  // namespace ladder
