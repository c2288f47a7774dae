/// @file
/// Namespaces of its own for a scene: its own System V and POSIX IPC, its own /dev/shm.
#pragma once

#include <string>

namespace harness {

/// Says whether this process is the machine's real root, not that of some user namespace: only it
/// can become another user, or sees page frames.
bool is_real_root();

/// Moves the calling process, and what it starts from here on, into an IPC and a mount namespace of
/// its own, with an empty /dev/shm. An ordinary user gets a user namespace for that, in which the
/// programs are the same user and have no more rights than before.
///
/// @param shm_size  how large that /dev/shm is, as man 5 tmpfs has it ("64K"); "": half the memory
/// @returns why it was refused, or "". After a refusal the process may be half moved: end it
std::string enter_own_namespaces(const std::string& shm_size = {});

}  // namespace harness
