/// @file
/// How many system calls a process has made, as strace wrote them down.
#pragma once

#include "tests/harness/scene.hpp"
#include "tests/harness/words.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harness {

/// The words before a program that let strace write down its system calls, and those of its
/// descendants. strace itself is out of the way: the program stays our child (man 1 strace, -D).
std::vector<std::string> counted(const std::string& strace, const Process& process,
                                 const Words& words);

/// Counts the calls from the first on that names the scene's object, `{name}`: what a program does
/// to start is not its own. (All of them, if none names it.)
///
/// @returns what is wrong, if there are more than the scene allows
std::optional<std::string> too_many_calls(const Process& process, const Words& words);

}  // namespace harness
