/// @file
/// How a scene is shown to a learner, by the tour and by the grader: what is said of it, and its
/// processes in a lane each.
#pragma once

#include "tests/harness/runner.hpp"
#include "tests/harness/tour_layout.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace harness::tour {

/// A scene's name as a sentence.
std::string sentence(std::string name);

/// A path as the reader would type it from where he stands.
std::string from_here(const std::filesystem::path& path);

/// How the parts of a scene look that are no lane.
class Page {
public:
    explicit Page(const Screen& screen);

    const Screen& screen() const { return screen_; }

    void blank() const;
    void rule() const;
    /// `left` in bold and `right` at the end of the line, or below where they do not fit.
    void title(const std::string& left, const std::string& right) const;
    /// A paragraph, the first words of it in `colours`.
    void text(const std::string& first, const std::string& colours, const std::string& rest,
              int indent = 2) const;
    /// Lines that stay lines, as in a report.
    void as_it_stands(const std::string& text, int indent) const;

private:
    int line_width() const;
    void lines(const std::vector<std::string>& all, int indent, std::string head,
               const std::string& colours) const;

    Screen screen_;
    int width_;
};

/// Shows each process in its lane, line by line: as it happens, or at the reader's pace. The
/// processes run on meanwhile: their lines wait in a pipe, each with the time at which it came.
class Live : public Observer {
public:
    Live(const Screen& screen, bool slow) : screen_(screen), slow_(slow) {}

    void begins(const Scene&, const std::vector<Lane>& all) override;
    void starts(const Lane& lane, Time time) override;
    void prints(const Lane& lane, Time time, Stream stream, const std::string& line) override;
    void is_given(const Lane& lane, Time time, const std::string& input) override;
    void is_killed(const Lane& lane, Time time, const std::string& how) override;
    void ends(const Lane& lane, Time time, const std::string& how) override;

private:
    void show(const Lane& lane, Time time, Lanes::Tone tone, const std::string& text);

    Screen screen_;
    bool slow_;
    std::optional<Lanes> lanes_;
};

}  // namespace harness::tour
