/// @file
/// Lesson 01: the struct that writer and reader both map.
#pragma once

#include "common/memory/layout.hpp"

#include <type_traits>

//! [greeting struct]
struct Greeting {
    shm::LayoutHeader header;  // its magic number is 0 until the writer has published
    char text[112];            // whole from then on
};
constexpr shm::Layout greeting_layout = {
    .magic = 0x676e697465657247, .version = 1, .size = sizeof(Greeting)};
//! [greeting struct]
static_assert(std::is_standard_layout_v<Greeting>, "both programs must lay it out alike");
// Raise `version` with any change of a member. `magic` is "Greeting", read as a number.
static_assert(sizeof(Greeting) <= 4096, "a page, the least --size of the writer, must hold it");
