/// @file
/// What `--help` prints, no wider than a terminal. Serves common/program/options.hpp.
#pragma once

#include <cstddef>
#include <string>

namespace shm {

/// Returns a help text whose lines that are longer than line_width are folded; without the newline
/// at its end.
/// @param column  where what is said about an option begins: there the rest of a folded line goes
/// on
std::string folded_help(const std::string& help, std::size_t column);

}  // namespace shm
