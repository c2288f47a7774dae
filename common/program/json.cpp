#include "common/program/json.hpp"

#include <fmt/format.h>

namespace shm {

std::string json_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') out += '\\';
        if (static_cast<unsigned char>(letter) < 0x20) {
            out += fmt::format("\\u{:04x}", letter);
        } else {
            out += letter;
        }
    }
    return out + "\"";
}

}  // namespace shm
