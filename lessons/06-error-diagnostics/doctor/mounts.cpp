// The other file systems that keep their files in memory: doctor does not look into them, and says
// so.
#include "names.hpp"
#include "posix.hpp"

#include <fmt/core.h>

#include <sys/stat.h>     // stat
#include <sys/statvfs.h>  // statvfs

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

namespace doctor {

namespace {

struct Mount {
    std::string path;
    std::string type;
    std::uint64_t used = 0;  ///< bytes
};

/// /proc/self/mountinfo writes a space as \040 (man 5 proc_pid_mountinfo).
std::string with_spaces(std::string_view text) {
    constexpr std::string_view escape = "\\040";
    std::string plain;
    for (auto at = text.find(escape); at != text.npos; at = text.find(escape)) {
        plain.append(text.substr(0, at)).push_back(' ');
        text.remove_prefix(at + escape.size());
    }
    return plain.append(text);
}

/// One line: "36 35 0:32 / /run rw,nosuid - tmpfs tmpfs rw,size=…", with more words before the "-".
Mount mount_of(const std::string& line) {
    std::istringstream words(line);
    Mount mount;
    std::string word;
    for (int field = 1; field <= 5; ++field) words >> mount.path;
    mount.path = with_spaces(mount.path);
    while (words >> word && word != "-") {
    }
    words >> mount.type;
    return mount;
}

bool keeps_files_in_memory(const std::string& type) {
    return type == "tmpfs" || type == "ramfs" || type == "hugetlbfs";
}

/// Those in which something lies, the fullest first, each once.
std::vector<Mount> other_mounts() {
    struct stat facts = {};
    std::set<dev_t> seen;
    if (stat(shm_folder, &facts) == 0) seen.insert(facts.st_dev);
    std::vector<Mount> all;
    std::ifstream lines("/proc/self/mountinfo");
    for (std::string line; std::getline(lines, line);) {
        Mount mount = mount_of(line);
        struct statvfs room = {};
        if (!keeps_files_in_memory(mount.type) || mount.path == shm_folder ||
            stat(mount.path.c_str(), &facts) == -1 || !seen.insert(facts.st_dev).second ||
            statvfs(mount.path.c_str(), &room) == -1) {
            continue;
        }
        mount.used = std::uint64_t{room.f_blocks - room.f_bfree} * room.f_frsize;
        if (mount.used != 0) all.push_back(std::move(mount));
    }
    std::sort(all.begin(), all.end(),
              [](const Mount& a, const Mount& b) { return a.used > b.used; });
    return all;
}

}  // namespace

void add_elsewhere(Sight& sight) {
    constexpr std::size_t most = 5;
    const auto mounts = other_mounts();
    if (mounts.empty()) return;
    std::string text = "files of other file systems in memory, which programs may share as well:";
    for (std::size_t at = 0; at < std::min(most, mounts.size()); ++at) {
        text += fmt::format("{} {} ({}, {})", at == 0 ? "" : ",", mounts[at].path, mounts[at].type,
                            bytes_text(mounts[at].used));
    }
    if (mounts.size() > most) text += fmt::format(" and {} more", mounts.size() - most);
    sight.unseen.elsewhere.push_back(text);
}

}  // namespace doctor
