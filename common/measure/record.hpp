/// @file
/// What recorded runs have in common, as JSON in a file. Used by lessons 05 and 07.
#pragma once

#include "machine.hpp"

#include <string>

namespace measure {

/// Returns the machine as a JSON object.
std::string as_json(const Machine& machine);

/// Throws Failure unless that file can be written: better now than after five minutes.
void require_writable(const std::string& path);

/// Writes the file anew.
/// @throws Failure if it cannot be written
void write_file(const std::string& path, const std::string& text);

}  // namespace measure
