/// @file
/// Lesson 02: what lies in the segment: one slot for one message.
#pragma once

#include "common/memory/layout.hpp"

#include <atomic>
#include <cstdint>
#include <type_traits>

//! [slot struct]
enum SlotState : std::uint32_t {
    slot_empty = 0,  // the producer's turn; 0, since a new slot is all zeros
    slot_full = 1,   // the consumer's turn
};

struct Slot {
    shm::LayoutHeader header;
    std::uint32_t messages;  // how many there will be; written once, before it is published
    std::atomic<std::uint32_t> consumers;  // how many have come; only the first is served
    std::atomic<std::uint32_t> state;      // a SlotState
    std::uint32_t counter;                 // the message: its number ...
    char text[256];                        // ... and its text
};
constexpr shm::Layout slot_layout = {
    .magic = 0x746f6c7365676d31, .version = 2, .size = sizeof(Slot)};
//! [slot struct]
static_assert(std::is_standard_layout_v<Slot>, "both programs must lay it out alike");
// Raise `version` with any change of a member. `magic` is "1mgeslot", read as a number.
static_assert(std::atomic<std::uint32_t>::is_always_lock_free,
              "a lock inside an atomic would be private to one process");
