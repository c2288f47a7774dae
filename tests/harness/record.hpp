/// @file
/// What the processes of a scene printed, kept for the pages of the documentation.
#pragma once

#include "tests/harness/runner.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// Returns `text` as a name of a file or a folder: "five messages arrive" ->
/// "five-messages-arrive".
std::string slug(std::string_view text);

/// Passes on what it is told, and keeps what is printed.
class Recorder : public Observer {
public:
    explicit Recorder(Observer& next) : next_(next) {}

    void begins(const Scene& scene, const std::vector<Lane>& lanes) override;
    void starts(const Lane& lane, Time time) override;
    void prints(const Lane& lane, Time time, Stream stream, const std::string& line) override;
    void is_given(const Lane& lane, Time time, const std::string& input) override;
    void is_killed(const Lane& lane, Time time, const std::string& how) override;
    void ends(const Lane& lane, Time time, const std::string& how) override;

    /// Writes `folder`/SCENE/LANE.txt, one for each lane: its command, what it printed, and how it
    /// ended, if not with status 0: `[ended by SIGSEGV]`, `[exit status 3]`; and
    /// `folder`/SCENE/all.txt: all lanes in the order of time. A reader never sees half a file.
    void write(const std::filesystem::path& folder, const Scene& scene) const;

private:
    void add(const Lane& lane, const std::string& line);

    Observer& next_;
    std::vector<std::string> names_;    // of each lane
    std::vector<std::string> printed_;  // by each lane
    std::string all_;
};

}  // namespace harness
