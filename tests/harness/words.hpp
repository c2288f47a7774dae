/// @file
/// Words that stand for something else in a scene's texts: "{name}", "{call}".
#pragma once

#include <map>
#include <string>

namespace harness {

/// Words that are replaced as text wherever they stand in braces: "call" -> "ftruncate".
using Words = std::map<std::string, std::string>;

/// Returns `text` with each "{word}" of `words` replaced by what it stands for.
std::string fill(std::string text, const Words& words);

}  // namespace harness
