/// @file
/// The part of a child that is a copy of its parent. Serves the lessons that fork.
#pragma once

#include "common/program/console.hpp"
#include "common/program/stop.hpp"

#include <unistd.h>  // _exit

#include <exception>

namespace shm {

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
