/// @file
/// What recorded runs have in common, as JSON in a file. Used by lessons 04, 05 and 07.
#pragma once

#include "machine.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace measure {

/// Returns the machine as a JSON object.
nlohmann::ordered_json as_json(const Machine& machine);

/// Returns the value with so many significant digits: more would pretend that it was measured
/// better than it was.
double rounded(double value, int digits);

/// Returns such numbers as an array.
nlohmann::ordered_json rounded_list(const std::vector<double>& values, int digits);

/// Throws Failure unless that file can be written: better now than after five minutes.
void require_writable(const std::string& path);

/// Writes the file anew.
/// @throws Failure if it cannot be written
void write_file(const std::string& path, const std::string& text);

/// Writes the file anew, with a line for each of the document's members.
/// @throws Failure if it cannot be written
void write_json(const std::string& path, const nlohmann::ordered_json& document);

}  // namespace measure
