/// @file
/// Lesson 04: who is present, kept by the kernel. Each process locks a byte of the object that is
/// its own; how ever it ends, the kernel takes the lock back.
#pragma once

#include <optional>
#include <string>
#include <vector>

/// How many processes can be present at once.
constexpr unsigned slot_count = 1024;

/// Returns for each slot whether another open file description holds it. Costs two or three system
/// calls for each that is held, and one if none is.
///
/// @param fd    the object; other processes have it open by descriptions of their own
/// @param name  the object's name, for error messages
std::vector<bool> held_slots(int fd, const std::string& name);

/// Says whether another open file description holds any slot. One system call.
bool any_slot_is_held(int fd, const std::string& name);

/// Holds a slot until `fd`, its copies and its mappings are gone, or it is given back. Whoever
/// calls has made sure, behind the gate, that the slot is free.
void hold_slot(int fd, unsigned slot, const std::string& name);

/// Gives the slot back.
void give_back_slot(int fd, unsigned slot) noexcept;
