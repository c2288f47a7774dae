/// @file
/// How a thing is called: on the screen, on the command line, in a command to be copied.
#pragma once

#include "object.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doctor {

/// Returns `bytes` with everything but printable ASCII as \xNN, and \ as \\. A name may hold a
/// newline or a terminal's commands: shown as it is, it would say whatever its maker likes.
std::string escaped(std::string_view bytes);

/// Returns what names exactly this thing, whatever it holds: "segment:3", "/name", "sem:/name".
std::string target(const Object& object);

/// Returns the kind as people say it: "segment", "semaphore set".
std::string_view kind_text(Kind kind);

/// Says whether `text`, as it was typed, means this object: its target; or, in short, a bare number
/// for an id, a key like 0x3039, a name without its slash.
bool is_meant(const Object& object, std::string_view text);

/// Returns those of `objects` that `text` means; the exact target wins over the short forms.
/// @throws UsageError if things of several kinds are meant
/// @throws Failure if there is none
const Object& find(const std::vector<Object>& objects, const std::string& text);

/// Returns the user's name, or the number where it has none.
std::string user_text(uid_t uid);

/// Returns a number of bytes for people: "4 KiB", "1.5 MiB".
std::string bytes_text(std::uint64_t bytes);

}  // namespace doctor
