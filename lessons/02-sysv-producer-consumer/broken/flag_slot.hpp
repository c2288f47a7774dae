/// @file
/// Lesson 02, the obvious wrong way: a message and a flag that says "there is one".
#pragma once

#include <atomic>
#include <cstdint>

//! [flag slot]
struct FlagSlot {
    std::atomic<std::uint32_t> ready;  // 1: there is a message
    std::uint32_t counter;
    char text[256];
};
//! [flag slot]
