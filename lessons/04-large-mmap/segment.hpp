/// @file
/// Lesson 04: what lies at the beginning of the large object. The rest of it is the users' own.
#pragma once

#include "common/memory/layout.hpp"

#include <string>
#include <type_traits>

//! [segment struct]
/// `data` needs no atomic: whoever reads or writes it is behind the gate.
struct Segment {
    shm::LayoutHeader header;  ///< stored before the object has a name: so every object is whole
    char data[100];            ///< what the latest process wrote
};
//! [segment struct]
static_assert(std::is_standard_layout_v<Segment> && std::is_trivially_destructible_v<Segment>);

inline constexpr shm::Layout segment_layout = {
    .magic = 0x4c41'5247'455f'3034, .version = 1, .size = sizeof(Segment)};

/// Throws shm::Failure unless the object behind `fd` is this user's and begins with a Segment's
/// header: with both values. Only reads.
void require_ours(int fd, const std::string& name);
