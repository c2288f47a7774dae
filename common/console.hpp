/// @file
/// What a program says to the person at the terminal. Serves every lesson's program.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace shm {

/// Writes `text` and a newline to standard output at once, as one line, also into a pipe: what was
/// said stays said, even if the process is killed next.
/// @throws SystemError if standard output cannot be written (closed, full)
/// @throws Stopped if standard output takes nothing, and a signal asks the program to end
void say_line(std::string_view text);

/// Writes a formatted line to standard output, like say_line().
template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
    say_line(fmt::format(format, std::forward<Values>(values)...));
}

/// Writes "program: text" to standard error, as one line. What a program has to tell beside its
/// output goes here: that it waits, what it found and mended, why it failed. Never throws for a
/// standard error that is closed.
void note_line(std::string_view text);

/// Writes a formatted line to standard error, like note_line().
template <typename... Values>
void note(fmt::format_string<Values...> format, Values&&... values) {
    note_line(fmt::format(format, std::forward<Values>(values)...));
}

/// Says `prompt` and waits until Enter is pressed, or standard input ends.
/// @throws Stopped if Ctrl-C or another stop signal comes instead
void wait_for_enter(std::string_view prompt);

/// Waits until Enter is pressed, or standard input ends, and says nothing.
/// @throws Stopped if Ctrl-C or another stop signal comes instead
void wait_for_enter();

/// Sets the name that note_line() puts first. shm::program() takes it from argv[0].
void set_program_name(std::string_view name);

/// Returns the name that note_line() puts first.
const std::string& program_name();

}  // namespace shm
