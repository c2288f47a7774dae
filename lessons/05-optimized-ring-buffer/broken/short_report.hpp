/// @file
/// Lesson 05, volatile_ring: of ThreadSanitizer's reports, what fits on a screen.
#pragma once

#include <functional>

/// Runs `body` in a child process, and passes on what that writes to standard error; but of each of
/// ThreadSanitizer's reports only which two accesses collide, and where in the source each stands.
/// A last line says how much was left out, and how to see it.
///
/// @returns in the child: what `body` returned, to end with; ThreadSanitizer may make 66 of it.
///          In the parent: the child's exit status
int with_short_report(const std::function<int()>& body);
