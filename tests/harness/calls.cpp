#include "tests/harness/calls.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <map>

namespace harness {

namespace {

std::string file_of(const Process& process, const Words& words) {
    if (!process.calls.empty()) return process.calls;
    return fmt::format("{}/calls of {}", words.at("dir"), process.name);
}

/// Returns the call that a line of strace begins, or "": "12 futex(0x7f…", "12 <... futex
/// resumed>".
std::string call_of(const std::string& line) {
    const std::size_t begin = line.find_first_not_of("0123456789 ");
    const std::size_t end = line.find('(');
    if (begin == std::string::npos || end == std::string::npos || line[begin] == '<') return {};
    return line.substr(begin, end - begin);
}

}  // namespace

std::vector<std::string> counted(const std::string& strace, const Process& process,
                                 const Words& words) {
    return {strace, "-D", "-f", "-qq", "-e", "signal=none", "-o", file_of(process, words)};
}

std::optional<std::string> too_many_calls(const Process& process, const Words& words) {
    std::ifstream file(file_of(process, words));
    const std::string object = "/dev/shm" + words.at("name");
    std::map<std::string, int> calls;
    int all = 0;
    bool named = false;
    for (std::string line; std::getline(file, line);) {
        const std::string call = call_of(line);
        if (call.empty()) continue;
        // An execve names it among the program's arguments.
        if (!named && call != "execve" && line.find(object) != std::string::npos) {
            named = true;
            calls.clear();
            all = 0;
        }
        ++calls[call];
        ++all;
    }
    if (all <= process.most_calls) return std::nullopt;
    const auto most =
        std::max_element(calls.begin(), calls.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return fmt::format(
        "too many system calls{}\n  expected: at most {}\n  came:     {}, of which "
        "{} are {}",
        named ? " since it opened its object" : "", process.most_calls, all, most->second,
        most->first);
}

}  // namespace harness
