/// @file
/// The terminal that a tour is shown on, or the file that takes its place.
#pragma once

#include "tests/harness/tour_layout.hpp"

#include <termios.h>

#include <optional>
#include <string_view>

namespace harness::tour {

/// Returns what standard output is now: its width may change while the tour runs. COLUMNS counts
/// for more than what the terminal says; a file, or a pipe, has no width: a program that searches
/// the lines must find them whole. NO_COLOR and a file mean no colours.
Screen screen_now();

/// Takes the keyboard for as long as it lives: keys are not echoed into the lanes, and one key is
/// an answer. Where there is no terminal, or it belongs to another job, there is nobody to ask.
class Keyboard {
public:
    Keyboard();
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;
    ~Keyboard();

    bool there() const { return before_.has_value(); }

    /// Shows `question` at the end of the line and waits for a key; shows it again when the reader
    /// comes back after Ctrl-Z.
    /// @returns true for Enter or a blank, false for q or the end of input
    /// @throws shm::Stopped if Ctrl-C or another stop signal comes instead
    bool goes_on(std::string_view question) const;

private:
    void ask(std::string_view question) const;

    std::optional<termios> before_;
};

}  // namespace harness::tour
