/// @file
/// `lessons/check 02.1 --kill`: kills the learner's program before each of its system calls, and
/// shows as a table what came of it.
#pragma once

#include "tests/harness/scene.hpp"

#include <filesystem>
#include <string>

namespace harness {

/// What it takes to kill a learner's program.
struct KillRequest {
    std::filesystem::path programs;  ///< where the programs of the other roles lie
    std::string command;             ///< the learner's program
    std::string calls;               ///< the file in which strace notes its calls
};

/// Plays each [[kill]] scene of the exercise unhurt, and then once for each call that was noted.
///
/// @returns 0 if each went as asked, 1 if one did not, 77 if nothing can be traced here
/// @throws shm::UsageError if the exercise has no such scene
int kill_everywhere(const Exercise& exercise, const KillRequest& request);

}  // namespace harness
