/// @file
/// The part of a child that is a copy of its parent. Serves the lessons that fork.
#pragma once

#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"

#include <signal.h>     // SIGKILL
#include <sys/prctl.h>  // PR_SET_PDEATHSIG
#include <unistd.h>     // getppid, _exit

#include <exception>

namespace shm {

/// In a child, right after fork: the kernel kills it when the thread that forked it ends (man 2
/// PR_SET_PDEATHSIG); if that has happened already, the child ends here, with status 1.
/// @param parent  what getpid() said before the fork; both are of one pid namespace
inline void end_with_parent(pid_t parent) {
    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl", "PR_SET_PDEATHSIG");
    if (getppid() != parent) _exit(1);  // it was killed before
}

/// Runs the part of a child of fork, and ends the child: with status 0; with 1 if the part throws,
/// after its message; by the signal if one has asked it to end.
///
/// By _exit (man 2 _exit), not by return: what is the parent's to clean up stays the parent's.
/// @param part  called once, without arguments
template <typename Part>
[[noreturn]] void run_as_child(const Part& part) {
    try {
        part();
    } catch (const Stopped& stopped) {
        end_by_signal(stopped.signal());
    } catch (const std::exception& error) {
        note_line(error.what());
        _exit(1);
    }
    _exit(0);
}

}  // namespace shm
