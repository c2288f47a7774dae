/// @file
/// Removing one thing, named on the command line.
#pragma once

#include "object.hpp"

#include <string>

namespace doctor {

/// Removes the one thing that `text` names, and says so on standard output.
///
/// @param is_forced  also if a live process has it, or may have it
/// @throws Failure if there is no such thing, or if it is refused, with the reason
void mend(const std::string& text, bool is_forced);

/// Removes what has a name in a folder (objects, semaphores, POSIX queues), see mend().
void remove_name(const Object& object, const Unseen& unseen, bool is_forced);

/// Throws the Failure of a refusal: who has it, and what would do it all the same.
[[noreturn]] void refuse(const Object& object, const std::string& reason);

/// Returns who has the object, as far as they are seen: "process 12 (writer) has it", or "" if
/// none has.
std::string who_has(const Object& object);

}  // namespace doctor
