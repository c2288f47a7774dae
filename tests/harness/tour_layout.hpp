/// @file
/// Where the text of a tour goes on the screen. Computes lines and prints none of them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace harness::tour {

/// What the tour is shown on.
struct Screen {
    static constexpr int endless = 1'000'000;  ///< as wide as any line: nothing is wrapped
    int width = 80;
    bool colour = false;
    bool utf8 = true;
};

/// Returns how many columns `text` takes: one a character (UTF-8).
int columns(std::string_view text);

/// Returns `text` as `screen` can show it: what is not printable as `\x1b`, a tab as blanks, and
/// where the screen knows no UTF-8, each other character in ASCII ("..." for an ellipsis, else
/// `?`).
std::string showable(std::string_view text, const Screen& screen);

/// Returns `text` in lines of at most `width` columns, broken at blanks where there are some; a
/// longer word is broken anywhere. Nothing is left out but the blank at the break.
///
/// @param hang  how many blanks each line but the first begins with
std::vector<std::string> wrap(std::string_view text, int width, int hang = 0);

/// Returns `text` as one paragraph: each run of blanks and newlines is one blank.
std::string paragraph(std::string_view text);

/// Returns `text` in the given colours ("1;36": man 4 console_codes) if the screen has any.
std::string painted(std::string_view text, std::string_view colours, const Screen& screen);

/// The lanes of one scene: side by side where each gets about 60 columns, else below each other
/// with the name before each line.
class Lanes {
public:
    /// @param tables  for each lane: it prints columns, which would make no sense if they were
    /// broken; its
    ///                lines of standard output begin at the left and are as wide as the screen
    Lanes(const Screen& screen, std::vector<std::string> names, std::vector<bool> tables = {});

    bool side_by_side() const { return side_by_side_; }
    /// Returns the width of the text in a lane.
    int text_width() const { return text_width_; }

    /// Returns the line with the lanes' names.
    std::string heading() const;

    enum class Tone {
        command,  ///< what was started
        output,   ///< a line of standard output
        note,     ///< a line of standard error, marked by "!"
        event,    ///< input, and the end
        blow,     ///< the process is killed
    };
    /// Returns the lines that show `text` in lane `lane`.
    ///
    /// @param time  since the scene began; stands before the first line
    std::vector<std::string> rows(std::size_t lane, std::chrono::milliseconds time, Tone tone,
                                  std::string_view text) const;

private:
    Screen screen_;
    std::vector<std::string> names_;
    std::vector<bool> tables_;
    bool side_by_side_ = true;
    int name_width_ = 0;
    int text_width_ = 0;
};

/// How long it takes to read `text`, at about 25 characters a second, and to find the line.
std::chrono::milliseconds time_to_read(std::string_view text);

}  // namespace harness::tour
