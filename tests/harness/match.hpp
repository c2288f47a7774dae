/// @file
/// Expected output, in which `{word}` stands for what varies, against what was printed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// What the words of one process were found to stand for.
using Bindings = std::map<std::string, std::string>;

/// A line in which `{word}` matches: digits for `{n}`, `{pid}` and what ends in `pid` or `_n`; 0x
/// and hex digits for `{addr}`; else any text that is not empty, the shortest. The same word
/// matches the same text, unless it is written `{word*}`.
class Pattern {
public:
    explicit Pattern(std::string_view text);

    /// Says whether it matches the whole line; if so, what its words stand for is in `bindings`.
    bool matches(std::string_view line, Bindings& bindings) const;
    /// Says whether it matches a part of the line.
    bool found_in(std::string_view line) const;
    /// The words in it, without the starred ones.
    std::vector<std::string> words() const;
    /// The X of each `{pid of X}` in it.
    std::vector<std::string> pids_of() const;

private:
    enum class Kind { literal, digits, address, text };
    struct Part {
        Kind kind = Kind::literal;
        std::string text;       // the literal, or the word
        bool remember = false;  // the same text wherever it stands
    };
    bool match_from(std::size_t part, std::string_view line, bool to_the_end,
                    Bindings& bindings) const;
    static std::vector<std::size_t> lengths(Kind kind, std::string_view line);

    std::vector<Part> parts_;
};

/// Where output first differs from what was expected.
struct Mismatch {
    std::size_t line = 0;                 ///< of the output, from 1
    std::optional<std::string> expected;  ///< nothing: the output should have ended
    std::optional<std::string> came;      ///< nothing: the output had ended
};

/// Compares output with what was expected, line by line; an expected line `...` stands for any
/// number of lines. On success `bindings` holds what the words stand for.
std::optional<Mismatch> compare(std::string_view expected, const std::vector<std::string>& lines,
                                Bindings& bindings);

/// Splits text into its lines; a last one without a newline counts.
std::vector<std::string> split_lines(std::string_view text);

}  // namespace harness
