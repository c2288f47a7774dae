/// @file
/// The moments at which a learner's program is killed: before each of its system calls, from the
/// first on that touches memory which processes share.
#pragma once

#include "tests/harness/scene.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace harness {

/// A system call before which the program is killed.
struct KillPoint {
    std::string call;  ///< its name
    int number = 1;    ///< how many calls of this name its process has made then
    std::string text;  ///< as strace shows it: "unlink("/dev/shm/NAME")"
};

struct KillPoints {
    static constexpr std::size_t most = 200;
    std::vector<KillPoint> all;
    /// How many calls have no point, by name: they ask again what was asked before, or there are
    /// too many.
    std::map<std::string, int> left_out;
};

/// Reads what strace wrote down of a program and its descendants.
///
/// @param calls   the file, see Process::calls
/// @param number  of the exercise: its objects are named after it, see Given
KillPoints kill_points(const std::filesystem::path& calls, const std::string& number);

/// Returns the scene with the calls of the process `role` written down.
Scene with_calls_noted(Scene scene, const std::string& role, const std::string& file);

/// Returns the scene with the process `role` killed before that call. How that process ends is not
/// judged: it may end before it comes to the call.
Scene killed_before(Scene scene, const std::string& role, const KillPoint& point);

}  // namespace harness
