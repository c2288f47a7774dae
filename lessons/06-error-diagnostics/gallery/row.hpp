/// @file
/// One row of the gallery: a mistake, how it is made, and what has to come of it.
#pragma once

#include <span>
#include <string>

/// What can go wrong, and how it is provoked here.
struct Row {
    const char* id;        ///< for --only, e.g. "shmget-over-shmmax"
    const char* fault;     ///< what is done wrong
    const char* call;      ///< the call that fails, or that should have been looked at
    const char* expected;  ///< "EINVAL", "SIGBUS", or "success" where the fault makes no error
    const char* cause;     ///< why it comes out like that
    const char* cure;      ///< what to do instead
    /// Makes the mistake, in a process of its own. Throws what the failed call throws, is killed,
    /// or returns what was seen. @throws NotHere, Unexpected
    std::string (*provoke)();
};

/// What came of a row.
struct Outcome {
    std::string seen;      ///< "EINVAL", "SIGBUS", "success"; "" if it could not be provoked
    std::string message;   ///< what our library says, or what was seen
    std::string not_here;  ///< why this machine does not allow it, or ""
};

/// Rows that belong together; the sections of the page "All error messages".
struct Section {
    const char* title;
    std::span<const Row> rows;
};

extern const std::span<const Row> object_rows, mapping_rows, limit_rows, name_rows, other_user_rows,
    key_rows, semaphore_rows, holder_rows, lock_rows, wait_rows, layout_rows, peer_rows,
    silent_rows;

/// Provokes a row, in a process and, where the system allows it, in namespaces of its own.
/// @throws Stopped if a signal asks the gallery to end
Outcome play(const Row& row);

/// Says whether something stayed behind after a row, which could not be removed; play() said what.
bool has_left_something();
