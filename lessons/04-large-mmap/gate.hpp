/// @file
/// Lesson 04: the gate, through which one process at a time comes to the object, or leaves it. The
/// kernel opens it when the process that shut it ends, however it ends.
#pragma once

#include "common/program/stop.hpp"

#include <string>

/// Shuts the gate behind us: whoever else comes has to wait until open_gate(), or until `fd`, its
/// copies and its mappings are gone.
/// @param name  the object's name, for messages: after a moment of waiting it says for what
/// @throws shm::Failure if the deadline passes; Stopped if a signal asks this program to end
void take_gate(int fd, const std::string& name, const shm::Deadline& deadline);

/// The same on the way out, when a stop signal may have come already, and must not keep us from
/// leaving well. Waits 5 seconds at most, since nobody who is behind the gate has a reason to stay
/// there while somebody is present.
/// @throws shm::Failure if it stays shut
void take_gate_to_leave(int fd, const std::string& name);

/// Lets the next one through.
void open_gate(int fd) noexcept;
