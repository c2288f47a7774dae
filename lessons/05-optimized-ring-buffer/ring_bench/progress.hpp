/// @file
/// Lesson 05, ring_bench: a line that says how far it is, where somebody sits before a terminal.
#pragma once

#include "cells.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace ring_bench {

/// The line; gone again when this is.
class Progress {
public:
    /// @param cells   what is gone through
    /// @param rounds  how many times
    Progress(const std::vector<Cell>& cells, std::size_t rounds);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    /// Called before each run.
    void step(const std::string& part, const Cell& cell);

private:
    bool shown_;
    std::size_t steps_;
    std::size_t done_ = 0;
    std::string last_;
};

}  // namespace ring_bench
