#include "common/program/help.hpp"

#include "common/program/console.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace shm {

std::string folded_help(const std::string& help, std::size_t column) {
    std::string folded_text;
    std::istringstream lines(help.substr(0, help.find_last_not_of('\n') + 1));
    for (std::string line; std::getline(lines, line);) {
        // What begins at the margin is a sentence; else an option stands before the column.
        const std::size_t begin = std::min(line.starts_with(' ') ? column : 0, line.size());
        const std::string_view text = line;
        for (const std::string& part :
             folded(text.substr(0, begin), std::string(begin, ' '), text.substr(begin))) {
            folded_text += (folded_text.empty() ? "" : "\n") + part;
        }
    }
    return folded_text;
}

}  // namespace shm
