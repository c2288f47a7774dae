/// @file
/// What surrounds a lesson's own function: options in, errors out. Serves every lesson's program.
#pragma once

#include "common/program/console.hpp"
#include "common/program/options.hpp"
#include "common/program/stop.hpp"

#include <functional>
#include <string>

namespace shm {

/// Runs a program of a lesson: reads the command line, calls `body`, and turns whatever ends it
/// into one line on standard error and an exit status.
///
/// Ctrl-C, SIGTERM, SIGHUP and SIGQUIT end a wait inside `body` by an exception, so that whatever
/// it cleans up is cleaned up; the process then ends by that signal. A reader of its output that
/// goes away (`| head`) ends it the same way, by SIGPIPE.
///
/// @param argc, argv   as `main` got them
/// @param description  what the program does, for `--help`
/// @param declare      adds the program's options, bound to variables of the caller's
/// @param body         the program itself; what it returns is the exit status
/// @returns what `body` returned; 0 after `--help`; 2 for a UsageError, of the command line's or of
///          the body's; 1 for any other exception but Stopped, after which it does not return, and
///          1 if a Cleanup failed
int program(int argc, char** argv, const std::string& description,
            const std::function<void(Options&)>& declare, const std::function<int()>& body);

}  // namespace shm
