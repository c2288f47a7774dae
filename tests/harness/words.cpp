#include "tests/harness/words.hpp"

namespace harness {

std::string fill(std::string text, const Words& words) {
    std::string filled;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text[at] == '{' ? text.find('}', at) : std::string::npos;
        const auto word =
            end == std::string::npos ? words.end() : words.find(text.substr(at + 1, end - at - 1));
        if (word == words.end()) {
            filled += text[at++];
        } else {
            filled += word->second;
            at = end + 1;
        }
    }
    return filled;
}

}  // namespace harness
