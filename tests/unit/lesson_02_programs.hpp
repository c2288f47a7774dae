/// @file
/// Parts of lesson 02's programs, which keep them to themselves.
#pragma once

#include "lessons/02-sysv-producer-consumer/slot.hpp"

#include <cstdint>

/// What the producer does when the slot is empty.
void producers_put(Slot& slot, std::uint32_t number);

/// What the consumer does when the slot is full; says the message.
void consumers_take(Slot& slot, std::uint32_t number);
