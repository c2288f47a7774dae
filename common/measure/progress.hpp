/// @file
/// A line that says how far a measurement is, where standard error is a terminal. Used by lessons
/// 05 and 07.
#pragma once

#include <cstdint>
#include <string>

namespace measure {

/// The line on standard error; gone again when this is.
class Progress {
public:
    /// @param steps  how many runs there are
    explicit Progress(std::uint64_t steps);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// Called before each run; `what` says which it is.
    void step(const std::string& what);

private:
    bool shown_;
    std::uint64_t steps_;
    std::uint64_t done_ = 0;
    std::string last_;
};

}  // namespace measure
