/// @file
/// What is wrong, and the command that mends it.
#pragma once

#include "object.hpp"

#include "common/kernel/limits.hpp"

#include <string>
#include <vector>

namespace doctor {

/// Something that may need mending.
struct Finding {
    bool is_warning = true;   ///< else a note: worth knowing, often meant so
    std::string code;         ///< of its kind, always the same: "left-behind"
    std::string target;       ///< whose it is, as target() has it; empty: the machine's
    std::string text;         ///< what is wrong, a sentence
    std::string command;      ///< mends it, typed into a shell; empty: only its programs can
    std::string advice = {};  ///< what to do where no command does it
};

/// From here on, in percent, a limit or a queue is nearly full.
constexpr unsigned near_percent = 90;

/// How doctor was called: what a command to be copied must begin with.
void set_own_command(const std::string& command);

/// Returns the command that removes this object, with what makes it unambiguous.
std::string mend_command(const Object& object);

/// Says whether no process has the object, as far as can be known; a process that may not be looked
/// into counts as having it.
bool is_certainly_unused(const Object& object, const Unseen& unseen);

/// Says of a set or queue whether all that is known of those who used it last is that they have
/// ended, and none waits for it; a process outside of this pid namespace, or one that used it
/// earlier, may have it all the same.
bool is_perhaps_unused(const Object& object);

/// Returns one of those who used the object last that lives; null if none is known to.
const Past* last_user(const Object& object);

/// Returns why a process that has an object may not have been seen, as a part of a sentence; ""
/// where all are seen.
std::string why_hidden(const Unseen& unseen);

/// Returns what is wrong with one thing.
std::vector<Finding> findings_of(const Object& object, const Unseen& unseen);

/// Returns what is wrong with the machine: limits that are nearly reached, RemoveIPC.
std::vector<Finding> findings_of_machine(const std::vector<shm::Limit>& limits);

}  // namespace doctor
