/// @file
/// The processes that a scene's processes leave behind.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace harness {

/// A process that descends from this one.
struct Descendant {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string what;        ///< "process 41233: sleep 1000"
    bool is_tracer = false;  ///< a strace, which ends by itself after what it traced
    bool is_ending = false;  ///< it has given its memory back, and so has no command line any more
};

/// The processes below this one that have not ended. This one must be a subreaper
/// (PR_SET_CHILD_SUBREAPER), so that nobody gets away by losing a parent, or by setsid. One look
/// can miss a process that begins during it, while the one that began it ends.
std::vector<Descendant> descendants();

/// Kills and reaps every process below this one.
void kill_descendants();

}  // namespace harness
