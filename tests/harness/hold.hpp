/// @file
/// Holds a process before a system call: the kernel asks us whether it may go on (man 2
/// seccomp_unotify).
#pragma once

#include "common/program/descriptor.hpp"
#include "tests/harness/scene.hpp"
#include "tests/harness/syscalls.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harness {

/// A process that sleeps before a system call.
struct HeldCall {
    std::uint64_t id;     ///< by which it is let go
    long number;          ///< SYS_...
    Arguments arguments;  ///< of the call
};

/// The system calls before which the process is to be held, each once.
std::vector<std::string> held_calls(const Process& process);

/// "before semctl or semop", "after it read bytes 8 to 11 of {name}".
std::string hold_text(const Hold& hold);

/// Says whether some process of the scene is to be held before a call.
bool uses_hold(const Scene& scene);

/// Returns why no process can be held here; "" if it can. Tried out in a child.
std::string why_not_held();

/// In a new process, before exec: from now on, it sleeps before each of these calls until it is let
/// go. Whoever reads the other end of `socket` is asked, by take_listener().
/// @throws shm::SystemError
void ask_before(const std::vector<std::string>& calls, const shm::Descriptor& socket);

/// Returns the descriptor that becomes readable when the process sleeps before such a call.
/// @throws shm::SystemError
shm::Descriptor take_listener(const shm::Descriptor& socket);

/// Says whether the process sleeps before such a call, and next_held() has not returned it yet.
bool is_asked(const shm::Descriptor& listener);

/// Returns the process that sleeps before a call now and has not been returned yet.
/// @throws shm::SystemError
std::optional<HeldCall> next_held(const shm::Descriptor& listener);

/// Lets it make its call. Returns whether it still slept: a signal may have woken it, and after its
/// handler it comes to the call again, as a HeldCall of its own.
/// @throws shm::SystemError
bool let_go(const shm::Descriptor& listener, const HeldCall& held);

}  // namespace harness
