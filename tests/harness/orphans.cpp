#include "tests/harness/orphans.hpp"

#include "tests/harness/syscalls.hpp"

#include <fmt/core.h>

#include <signal.h>    // kill
#include <sys/wait.h>  // waitpid
#include <unistd.h>    // getpid

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

namespace harness {

namespace {

/// What can be read of it: the process that it tells about may end at any moment.
std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

/// Its first thread may have ended, and others live on: then all of it lives.
bool has_ended(const std::filesystem::path& process, char state) {
    if (state != 'Z' && state != 'X') return false;
    std::error_code gone;
    const std::filesystem::directory_iterator threads(process / "task", gone);
    return gone || std::distance(begin(threads), end(threads)) <= 1;
}

/// The parent of a living process; none if it has ended.
std::optional<pid_t> parent_of(const std::filesystem::path& process) {
    const Stat stat = stat_of(process);
    if (has_ended(process, stat.state)) return std::nullopt;
    return stat.parent;
}

/// The parent of each living process.
std::map<pid_t, pid_t> parents() {
    std::map<pid_t, pid_t> all;
    std::error_code ignored;  // what ends while we look is not there
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size()) continue;
        if (const auto parent = parent_of(entry.path())) all[pid] = *parent;
    }
    // Where numbers began again at the lowest, a child stands before its parent. If the parent ends
    // after we saw the child and before we came to the parent, the child has another one by now.
    for (auto one = all.begin(); one != all.end();) {
        const auto& [pid, parent] = *one;
        if (parent == 0 || all.count(parent) != 0) {
            ++one;
        } else if (const auto now = parent_of(fmt::format("/proc/{}", pid))) {
            (one++)->second = *now;
        } else {
            one = all.erase(one);
        }
    }
    return all;
}

Descendant describe(pid_t pid, pid_t parent) {
    std::string command = contents(fmt::format("/proc/{}/cmdline", pid));
    // One whose first thread alone has ended has no command line either, and may live for long.
    const bool is_ending = command.empty() && stat_of(fmt::format("/proc/{}", pid)).state != 'Z';
    std::replace(command.begin(), command.end(), '\0', ' ');
    if (!command.empty()) command.pop_back();
    const std::string name = contents(fmt::format("/proc/{}/comm", pid));
    return {pid, parent, fmt::format("process {}: {}", pid, command), name == "strace\n",
            is_ending};
}

}  // namespace

std::vector<Descendant> descendants() {
    const std::map<pid_t, pid_t> all = parents();
    std::vector<pid_t> known = {getpid()};
    for (std::size_t at = 0; at < known.size(); ++at) {
        for (const auto& [pid, parent] : all) {
            if (parent == known[at]) known.push_back(pid);
        }
    }
    std::vector<Descendant> found;
    for (std::size_t at = 1; at < known.size(); ++at) {
        found.push_back(describe(known[at], all.at(known[at])));
    }
    return found;
}

void kill_descendants() {
    // Children of who was killed come to us, and are met by the next round.
    for (;;) {
        for (const Descendant& one : descendants()) kill(one.pid, SIGKILL);
        const pid_t ended = waitpid(-1, nullptr, 0);
        if (ended == -1 && errno == ECHILD) return;
    }
}

}  // namespace harness
