/// @file
/// Whether kills before a system call can be done here.
#pragma once

#include "tests/harness/scene.hpp"

#include <string>

namespace harness {

/// Says whether some process of the scene is killed before a system call.
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
