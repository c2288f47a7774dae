/// @file
/// A process of a scene, from its start to its end.
#pragma once

#include "common/program/descriptor.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// What is to be run.
struct Command {
    std::vector<std::string> words;        ///< the program and its arguments, as it gets them
    std::vector<std::string> environment;  ///< NAME=value, added to our own
    bool other_user = false;               ///< as `other_uid`
    std::vector<std::string> held = {};    ///< the calls before which it is to be asked
    bool terminal = false;                 ///< standard output is a raw terminal, not a pipe
    std::string program = {};              ///< its path; empty: words[0]
    const std::string& path() const { return program.empty() ? words[0] : program; }
};

/// A started process and our ends of its pipes. It is in a group of its own, is killed should we
/// die, and has no signal blocked or ignored.
struct Child {
    pid_t pid = 0;
    shm::Descriptor pidfd;  ///< readable once it has ended
    shm::Descriptor in, out, err;
    shm::Descriptor calls;  ///< readable when it sleeps before one of Command::held (hold.hpp)
};

/// Starts a process; its pipes do not block on our side.
/// @throws shm::SystemError naming the program if it cannot be run
Child spawn(const Command& command);

/// Stops the terminal that it prints to, as Ctrl-S does, or lets it go on, as Ctrl-Q does: while it
/// is stopped, the process sleeps in its call of write.
/// @throws shm::SystemError if its output is no terminal
void control_output(const Child& child, bool stop);

/// Splits a command line on blanks; '...' and "..." keep what is inside together.
/// @throws shm::UsageError if a quote is not closed
std::vector<std::string> split_words(const std::string& line);

/// Returns the path of the program that `word` names: one below `programs`, else one on the PATH.
/// @throws shm::Failure if there is none
std::string find_program(const std::string& word, const std::filesystem::path& programs);

/// Opens a descriptor that becomes readable when the process ends; -1 if there is none such.
int open_pidfd(pid_t pid);

/// The end of a process as a person reads it, from waitpid's status: "0", "1", "SIGSEGV".
std::string end_text(int status);

/// "SIGKILL" for 9.
std::string signal_text(int signal);

}  // namespace harness
