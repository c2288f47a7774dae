/// @file
/// What is really run for a process of a scene, and how that is shown.
#pragma once

#include "tests/harness/child.hpp"
#include "tests/harness/given.hpp"
#include "tests/harness/scene.hpp"

#include <filesystem>
#include <string>

namespace harness {

/// Returns what is run: the program below `programs` or on the PATH, under strace if it is to be
/// killed before a system call.
///
/// @param given   what the given words stand for
/// @param strace  the path of strace
/// @throws shm::Failure if there is no such program, shm::UsageError for a quote left open
Command command_of(const Process& process, const Words& given,
                   const std::filesystem::path& programs, const std::string& strace);

/// Returns the command as a reader would type it.
std::string shown_command(const Process& process, const Words& words);

/// Returns how a process is killed, for a person: "SIGKILL before ftruncate".
std::string kill_text(const Kill& kill);

}  // namespace harness
