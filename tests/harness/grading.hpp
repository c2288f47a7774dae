/// @file
/// One scene of an exercise, played with a learner's program, and what there is to say about it.
#pragma once

#include "tests/harness/runner.hpp"
#include "tests/harness/tour_page.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// A scene that was played, and all that there is to say about it.
struct Graded {
    const Scene* scene = nullptr;
    Result result;
    std::vector<std::string> said;   ///< what the processes printed: "reader: Count: 1"
    std::string explanation;         ///< of a failure, if it is a known one
    std::vector<std::string> peers;  ///< the commands of the other roles
};

/// Plays it.
///
/// @param programs  where the programs of the other roles lie
/// @throws shm::Stopped if Ctrl-C came: the scene ended early, and has not failed
Graded grade(const Exercise& exercise, const Scene& scene, const std::filesystem::path& programs,
             Observer& observer);

/// Shows what was asked, what happened, and why.
void show_failure(const tour::Page& page, const Graded& graded);

}  // namespace harness
