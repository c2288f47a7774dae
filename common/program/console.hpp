/// @file
/// What a program says to the person at the terminal. Serves every lesson's program.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shm {

/// Writes `text` and a newline to standard output at once, as one line, also into a pipe: what was
/// said stays said, even if the process is killed next.
/// @throws SystemError if standard output cannot be written (closed, full); or if its reader has
///         gone, and SIGPIPE was ignored for this program from the start
/// @throws Stopped if the reader of standard output has gone (`| head`): by SIGPIPE, as the kernel
///         would have ended the process; or if it takes nothing, and a signal asks to end
void say_line(std::string_view text);

/// Writes a formatted line to standard output, like say_line().
template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
    say_line(fmt::format(format, std::forward<Values>(values)...));
}

/// Writes "program: text" to standard error, as one line. What a program has to tell beside its
/// output goes here: that it waits, what it found and mended, why it failed. Never throws for a
/// standard error that is closed. The line is lost where that takes nothing, and a signal asks to
/// end.
void note_line(std::string_view text);

/// Writes a formatted line to standard error, like note_line().
template <typename... Values>
void note(fmt::format_string<Values...> format, Values&&... values) {
    note_line(fmt::format(format, std::forward<Values>(values)...));
}

/// Returns a number and what it counts, singular or plural: "1 message", "3 messages".
/// @param many  where it is not `one` and an s: "processes"
std::string count_text(std::uint64_t count, std::string_view one, std::string_view many = {});

/// How long a line of a table is at most: terminals have 80 columns, until someone makes them
/// wider.
constexpr std::size_t line_width = 80;

/// Breaks a text between words, into lines of at most line_width characters; a longer word has a
/// line of its own, whole.
/// @param first   what the first line begins with
/// @param others  what the others begin with
std::vector<std::string> folded(std::string_view first, std::string_view others,
                                std::string_view text);

/// Says a text, folded.
void say_folded(std::string_view first, std::string_view others, std::string_view text);

/// Says `prompt` and waits until Enter is pressed, or standard input ends. Brought back by `fg`
/// after Ctrl-Z, says it again, if a person sees it there.
/// @throws Stopped if Ctrl-C or another stop signal comes instead
void wait_for_enter(std::string_view prompt);

/// The same, with a prompt that is no part of the output: note_line() says it.
/// @throws Stopped if Ctrl-C or another stop signal comes instead
void wait_for_enter_noting(std::string_view prompt);

/// Sets the name that note_line() puts first.
void set_program_name(std::string_view name);

/// Sets by which path this program was started, and with it the name: what follows the last slash.
/// shm::program() takes it from argv[0].
void set_program_path(std::string_view path);

/// Returns what to type into a shell for a program that lies beside this one: `name`, after the
/// directory by which this one was started, if any.
std::string command_beside(std::string_view name);

/// Returns the name that note_line() puts first.
const std::string& program_name();

}  // namespace shm
