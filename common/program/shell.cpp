#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace shm {

namespace {

bool is_printable(char byte) {
    return byte >= ' ' && byte <= '~';
}

/// 'a b', in which only the quote itself has a meaning.
std::string in_single_quotes(std::string_view text) {
    std::string quoted = "'";
    for (const char byte : text) byte == '\'' ? quoted += "'\\''" : quoted += byte;
    return quoted + "'";
}

/// $'a\012b', in which the backslash has one, too. Octal, of three digits: \x0a has no end that all
/// shells agree on where a digit follows (POSIX.1-2024).
std::string in_dollar_quotes(std::string_view bytes) {
    std::string quoted = "$'";
    for (const char byte : bytes) {
        if (!is_printable(byte)) {
            quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(byte));
        } else {
            if (byte == '\'' || byte == '\\') quoted += '\\';
            quoted += byte;
        }
    }
    return quoted + "'";
}

}  // namespace

std::string for_shell(std::string_view bytes) {
    constexpr std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.:,+-@%=";
    const bool is_harmless =
        !bytes.empty() && bytes.find_first_not_of(harmless) == std::string_view::npos;
    if (is_harmless) return std::string(bytes);
    return std::all_of(bytes.begin(), bytes.end(), is_printable) ? in_single_quotes(bytes)
                                                                 : in_dollar_quotes(bytes);
}

std::string object_for_shell(std::string_view name) {
    return for_shell("/dev/shm" + std::string(name));
}

}  // namespace shm
