// EACCES, where the mode is not the reason: what else says no, and how to see it.
#include "common/kernel/capability.hpp"
#include "common/kernel/reason.hpp"
#include "common/kernel/reason_looking.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <linux/capability.h>  // CAP_DAC_OVERRIDE, CAP_IPC_OWNER
#include <sys/stat.h>          // stat
#include <unistd.h>            // getgroups, W_OK

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <vector>

namespace shm {

namespace {

std::string first_line(const char* file) {
    std::string line;
    std::getline(std::ifstream(file), line);
    return line.substr(0, line.find('\0'));
}

/// The profile under which AppArmor keeps this process: "docker-default (enforce)"; "" for none.
std::string apparmor_profile() {
    std::string profile = first_line("/proc/self/attr/apparmor/current");
    return profile.ends_with(" (enforce)") ? profile : "";
}

bool is_in_group(gid_t group) {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    const int got = getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(got, 0)));
    return group == getegid() || std::find(groups.begin(), groups.end(), group) != groups.end();
}

}  // namespace

namespace looking {

bool mode_allows(const struct stat& facts, int wanted) {
    if (has_capability_over_file(CAP_DAC_OVERRIDE, facts.st_uid, facts.st_gid)) return true;
    const unsigned shift = is_us(facts.st_uid) ? 6 : is_in_group(facts.st_gid) ? 3 : 0;
    const auto asked = static_cast<unsigned>(wanted);
    return (facts.st_mode >> shift & asked) == asked;
}

std::string module_reason(const std::string& path) {
    if (first_line("/sys/fs/selinux/enforce") == "1") {
        return fmt::format("SELinux refuses it; see: {}ausearch -m avc -ts recent",
                           path.empty() ? "" : "ls -Z " + for_shell(path) + "; ");
    }
    if (const std::string profile = apparmor_profile(); !profile.empty()) {
        return fmt::format("AppArmor's profile {} refuses it; see: aa-status", profile);
    }
    return fmt::format(
        "a security module or a sandbox refuses it (SELinux, AppArmor, Landlock); see: {}aa-status",
        path.empty() ? "" : "ls -Z " + for_shell(path) + "; ");
}

std::string refused_reason(const Entry& entry, const std::string& whose, unsigned wanted,
                           std::string_view cure) {
    const bool is_ours = is_us(entry.uid);
    const bool is_allowed = is_ours && (entry.mode >> 6U & wanted) == wanted;
    if (is_allowed || has_capability(CAP_IPC_OWNER, Over::ipc_namespace)) {
        return fmt::format("{}, which allows it: {}", whose, module_reason(""));
    }
    if (is_ours) return whose + ", which does not allow it: ask for less";
    return fmt::format("{}; {}", whose, cure);
}

}  // namespace looking

std::string why_shm_folder(int error) {
    const char* const folder = "/dev/shm";
    struct stat facts = {};
    if (stat(folder, &facts) == -1 || !S_ISDIR(facts.st_mode)) {
        return "there is no folder /dev/shm; make it: mkdir -p /dev/shm && mount -t tmpfs tmpfs "
               "/dev/shm";
    }
    switch (error) {
        case EROFS:
            return "/dev/shm is mounted read-only; make it writable: mount -o remount,rw /dev/shm";
        case EOPNOTSUPP:
            return "the file system of /dev/shm has no O_TMPFILE, a tmpfs has; see: findmnt "
                   "/dev/shm";
        case EACCES:
            if (looking::mode_allows(facts, W_OK | X_OK)) return looking::module_reason(folder);
            return "/dev/shm may not be written by this user; see: ls -ld /dev/shm";
        case ENOSPC: {
            const auto files = file_system_files(folder);
            if (files && files->used >= files->most) return looking::raise_text(*files);
            const auto bytes = file_system_bytes(folder);
            return bytes ? looking::raise_text(*bytes) : why_any_call(error);
        }
        default:
            return why_any_call(error);
    }
}

std::string why_open(int error, const char* path) {
    std::string reason;
    if (std::string_view(path) == "/dev/shm") reason = why_shm_folder(error);
    return reason.empty() ? why_any_call(error) : reason;
}

}  // namespace shm
