/// @file
/// Hands a descriptor over to another process, by a Unix socket (man 7 unix, SCM_RIGHTS).
#pragma once

#include "common/program/descriptor.hpp"

namespace harness {

/// Sends `fd` to the process that has the other end of `socket`, and keeps it.
/// @throws shm::SystemError
void hand_over(const shm::Descriptor& socket, int fd);

/// Waits for a descriptor, and returns one of our own for the same open file, close-on-exec; none
/// if the other process has ended, or has sent no descriptor.
/// @throws shm::SystemError
shm::Descriptor take_over(const shm::Descriptor& socket);

}  // namespace harness
