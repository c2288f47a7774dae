/// @file
/// What can go wrong, as types. Serves every lesson's program.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

// The helper library of the course; each header says which lesson teaches it. (No comment for
// Doxygen: with one, each function would stand on the namespace's page, not on its header's.)
namespace shm {

/// A system call failed. what() is one line: the call, its object, errno's text, and the remedy.
///
/// Example: `shm_open /greeting: Permission denied; see whose it is: ls -l /dev/shm/greeting`
class SystemError : public std::system_error {
public:
    /// @param error   errno as it stood after the call
    /// @param call    the call's name as its man page spells it, e.g. "shm_open"
    /// @param object  what it was applied to, e.g. "/my_shared_memory"
    /// @param remedy  the reason here, and what the person at the terminal can do about it; empty
    ///                where nothing can be said (common/kernel/reason.hpp finds them)
    SystemError(int error, std::string_view call, std::string_view object,
                std::string_view remedy = {});

    /// Returns errno's text, the remedy and all; never null, valid as long as this object.
    const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

/// The run failed in a way that no system call reports: a peer that died, a deadline that passed,
/// memory with a foreign layout. what() is one line, and says what to do where there is
/// something to be done. Exit status 1.
class Failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The command line makes no sense. what() is one line and states the rule. Exit status 2.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace shm
