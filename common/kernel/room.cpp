#include "common/kernel/room.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>

#include <sys/resource.h>  // RLIMIT_AS, RLIMIT_FSIZE
#include <unistd.h>        // sysconf

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace shm {

namespace {

namespace fs = std::filesystem;

/// The number after `key` in a file of lines like "MemAvailable:  123 kB"; none if it is not there.
std::optional<std::uint64_t> number_after(const fs::path& file, std::string_view key) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string word;
        std::uint64_t number = 0;
        if (words >> word >> number && word == key) return number;
    }
    return {};
}

/// The number that a file consists of; none if there is no such file, or it says "max".
std::optional<std::uint64_t> number_in(const fs::path& file) {
    std::ifstream text(file);
    std::uint64_t number = 0;
    if (text >> number) return number;
    return {};
}

/// One of the two kinds of cgroups, and its words for the same things.
struct CgroupFiles {
    const char* limit;
    const char* usage;
    const char* file_cache[2];  ///< in memory.stat; neither holds shared memory
};
constexpr CgroupFiles version_1 = {
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};
constexpr CgroupFiles version_2 = {
    "memory.max", "memory.current", {"inactive_file", "active_file"}};

/// Says whether a list like "rw,memory" has that word.
bool has_word(const std::string& list, std::string_view word) {
    std::istringstream words(list);
    for (std::string one; std::getline(words, one, ',');) {
        if (one == word) return true;
    }
    return false;
}

/// A file system of cgroups, from a line of /proc/self/mountinfo (man 5 proc_pid_mountinfo).
struct CgroupMount {
    bool is_version_2 = false;
    std::string root;   ///< which cgroup is seen at `point`
    std::string point;  ///< the directory
};

/// A path as mountinfo writes it, with "\040" for a space.
std::string without_octal(const std::string& path) {
    std::string text;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const bool is_octal = path[i] == '\\' && i + 3 < path.size();
        if (is_octal) text += static_cast<char>(std::stoi(path.substr(i + 1, 3), nullptr, 8));
        if (is_octal) i += 3;
        if (!is_octal) text += path[i];
    }
    return text;
}

std::vector<CgroupMount> cgroup_mounts(const std::string& proc) {
    std::vector<CgroupMount> all;
    std::ifstream lines(proc + "/self/mountinfo");
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string skipped, type, source, options;
        CgroupMount mount;
        words >> skipped >> skipped >> skipped >> mount.root >> mount.point;
        while (words >> skipped && skipped != "-") continue;
        words >> type >> source >> options;
        mount.root = without_octal(mount.root);
        mount.point = without_octal(mount.point);
        mount.is_version_2 = type == "cgroup2";
        if (mount.is_version_2 || (type == "cgroup" && has_word(options, "memory"))) {
            all.push_back(mount);
        }
    }
    return all;
}

/// The cgroup of this process in such a file system, as /proc/self/cgroup has it: "/a/b".
std::string own_cgroup(const std::string& proc, bool is_version_2) {
    std::ifstream lines(proc + "/self/cgroup");
    for (std::string line; std::getline(lines, line);) {  // "0::/a/b" or "4:cpu,memory:/a/b"
        std::istringstream parts(line);
        std::string number, controllers, path;
        std::getline(parts, number, ':');
        std::getline(parts, controllers, ':');
        std::getline(parts, path);
        if (is_version_2 ? number == "0" : has_word(controllers, "memory")) return path;
    }
    return "/";
}

/// The limit of one cgroup; none where it has none.
std::optional<Limit> cgroup_limit(const fs::path& directory, const CgroupFiles& files) {
    const auto most = number_in(directory / files.limit);
    const auto usage = number_in(directory / files.usage);
    // Version 1 says "no limit" by the largest number of whole pages.
    if (!most || !usage || *most >= std::uint64_t{1} << 62U) return {};
    std::uint64_t cache = 0;
    for (const char* key : files.file_cache) {
        cache += number_after(directory / "memory.stat", key).value_or(0);
    }
    const std::string file = directory / files.limit;
    return Limit{
        .name = file,
        .what = "memory cgroup",
        .unit = "bytes",
        .raise = fmt::format("as root: echo N > {} (a container: docker run --memory=N)", file),
        .most = *most,
        .used = *usage - std::min(*usage, cache)};
}

/// Appends the limits of this process's cgroup and of all around it.
void add_cgroups(const std::string& proc, const CgroupMount& mount, std::vector<Limit>& limits) {
    std::string cgroup = own_cgroup(proc, mount.is_version_2);
    // A container may see its own cgroup mounted as if it were the outermost.
    const bool is_ours = cgroup == mount.root || cgroup.starts_with(mount.root + "/");
    if (mount.root != "/" && !is_ours) return;  // some other cgroup's
    if (mount.root != "/") cgroup.erase(0, mount.root.size());
    fs::path directory = mount.point;
    const fs::path inside = fs::path(cgroup).relative_path();
    std::error_code unreadable;
    if (!inside.empty() && fs::exists(directory / inside, unreadable)) directory /= inside;
    const auto& files = mount.is_version_2 ? version_2 : version_1;
    for (;; directory = directory.parent_path()) {
        if (auto limit = cgroup_limit(directory, files)) limits.push_back(*limit);
        if (directory.string().size() <= mount.point.size()) return;
    }
}

/// Puts `number` in the place of every N that stands alone in a command.
std::string with_number(const std::string& command, std::uint64_t number) {
    std::string text;
    for (std::size_t i = 0; i < command.size(); ++i) {
        const bool begins = i > 0 && (command[i - 1] == ' ' || command[i - 1] == '=');
        const bool ends = i + 1 == command.size() || command[i + 1] == ' ' || command[i + 1] == ')';
        if (command[i] == 'N' && begins && ends) {
            text += std::to_string(number);
        } else {
            text += command[i];
        }
    }
    return text;
}

}  // namespace

std::vector<Limit> memory_limits(const std::string& proc) {
    std::vector<Limit> limits;
    const auto total = number_after(proc + "/meminfo", "MemTotal:");
    const auto available = number_after(proc + "/meminfo", "MemAvailable:");
    if (total && available) {
        limits.push_back({.name = "MemAvailable",
                          .what = "memory of this machine",
                          .unit = "bytes",
                          .raise = "end what uses it: ps -e -o pid,rss,args --sort=-rss | head",
                          .most = *total * 1024,
                          .used = (*total - std::min(*total, *available)) * 1024});
    }
    for (const CgroupMount& mount : cgroup_mounts(proc)) add_cgroups(proc, mount, limits);
    return limits;
}

std::vector<Limit> object_limits(std::uint64_t taken) {
    std::vector<Limit> limits;
    if (auto file_system = file_system_bytes("/dev/shm")) {
        file_system->raise =
            "as root: " + file_system->raise + " (a container: docker run --shm-size=N)";
        limits.push_back(*file_system);
    }
    limits.push_back(process_limit(RLIMIT_FSIZE));
    limits.back().used = taken;
    limits.push_back(process_limit(RLIMIT_AS));
    const std::vector<Limit> memory = memory_limits();
    limits.insert(limits.end(), memory.begin(), memory.end());
    return limits;
}

std::uint64_t room_under(const Limit& limit) {
    if (limit.most == unlimited) return unlimited;
    return limit.most - std::min(limit.most, limit.used.value_or(0));
}

void require_room(std::string_view object, std::uint64_t bytes, const std::vector<Limit>& limits) {
    const auto tightest = std::min_element(
        limits.begin(), limits.end(),
        [](const Limit& a, const Limit& b) { return room_under(a) < room_under(b); });
    if (tightest == limits.end() || room_under(*tightest) >= bytes) return;
    std::uint64_t needed = tightest->used.value_or(0) + bytes;
    if (tightest->raise.starts_with("ulimit")) needed = (needed + 1023) / 1024;  // its unit is KiB
    throw Failure(
        fmt::format("{}: {} more do not fit: {} ({}) has {} left of {}; ask for less, or {}",
                    object, count_text(bytes, "byte"), tightest->name, tightest->what,
                    room_under(*tightest), tightest->most, with_number(tightest->raise, needed)));
}

std::size_t page_size() {
    return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t whole_pages(std::size_t size) {
    const std::size_t page = page_size();
    const std::size_t rounded = (size + page - 1) / page * page;
    if (rounded != size) note("--size {} is rounded up to {}: whole pages", size, rounded);
    return rounded;
}

}  // namespace shm
