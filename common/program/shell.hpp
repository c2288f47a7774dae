/// @file
/// Words of a command that a reader is to copy into a shell. Serves every message with a cure.
#pragma once

#include <string>
#include <string_view>

namespace shm {

/// Returns `bytes` as one word of a shell's command line: as they are where that is safe, else
/// quoted. A name may hold anything but a zero byte: a space, a quote, a newline, `$(reboot)`.
///
/// What a terminal would not show is written as an escape in dollar quotes, which bash, zsh and
/// shells of POSIX.1-2024 read; every shell reads the rest. The result is printable ASCII.
std::string for_shell(std::string_view bytes);

/// Returns the file of the POSIX object `name` (man 7 shm_overview), as one word of a command:
/// "/dev/shm/name".
/// @param name  with its slash
std::string object_for_shell(std::string_view name);

}  // namespace shm
