/// @file
/// Whether system calls can be counted here, and a process be killed before one.
#pragma once

#include "tests/harness/scene.hpp"

#include <string>

namespace harness {

/// Says whether its system calls are counted, or it is killed before one.
bool is_traced(const Process& process);

/// Says whether this is so of some process of the scene.
bool uses_strace(const Scene& scene);

/// strace, tried out.
struct Tracer {
    std::string path;         ///< of the program, if it can be used
    std::string unavailable;  ///< why it cannot be used here
};

/// Looks for strace and lets it trace a program, with the system calls that the scene names.
/// @throws shm::Failure if strace does not know one of them
Tracer try_strace(const Scene& scene);

}  // namespace harness
