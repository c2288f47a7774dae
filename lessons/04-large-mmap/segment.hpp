/// @file
/// Lesson 04: what lies at the beginning of the large object. The rest of it is for the processes
/// that share it.
#pragma once

#include "common/memory/layout.hpp"

#include <string>
#include <type_traits>

//! [segment struct]
/// `data` needs no atomic: a process reads or writes it while it has the attach lock.
struct Segment {
    shm::LayoutHeader header;  ///< stored before the object has a name: so every object is whole
    char data[100];            ///< what the latest process wrote
};
//! [segment struct]
static_assert(std::is_standard_layout_v<Segment> && std::is_trivially_destructible_v<Segment>);

inline constexpr shm::Layout segment_layout = {
    .magic = 0x4c41'5247'455f'3034, .version = 1, .size = sizeof(Segment)};

/// Stores the beginning of a new object, which has no name yet: a whole Segment without data.
void write_segment(int fd, const std::string& name);

/// Throws shm::Failure, with both values, unless the object behind `fd` begins with a Segment. Only
/// reads.
void require_segment(int fd, const std::string& name);
