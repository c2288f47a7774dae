/// @file
/// One look at the whole machine, and what it comes to.
#pragma once

#include "findings.hpp"
#include "object.hpp"

#include "common/kernel/limits.hpp"

namespace doctor {

/// What a look comes to, for people or for programs.
struct Report {
    std::vector<Object> objects;
    std::vector<Finding> findings;
    std::vector<shm::Limit> limits;  ///< none where only some things were asked for
    Unseen unseen;
    bool is_whole = true;  ///< all of the machine was asked for, not only some things
};

/// Looks at everything that there is now.
Sight look();

/// Returns what to say of a sight: of the things that were asked for, or of all and the machine.
/// @param asked  names and ids, as they were typed; none: all
/// @throws Failure if one of them is not there, UsageError if it may mean several things
Report report(Sight sight, const std::vector<std::string>& asked);

/// Returns, as sentences, what could not be seen.
std::vector<std::string> unseen_text(const Unseen& unseen);

}  // namespace doctor
