#include "common/kernel/limits.hpp"
#include "common/kernel/limits_make.hpp"

#include "common/kernel/capability.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <linux/capability.h>  // CAP_SYS_RESOURCE
#include <sys/prctl.h>         // PR_CAPBSET_READ
#include <sys/resource.h>      // getrlimit
#include <sys/statvfs.h>       // statvfs
#include <unistd.h>            // geteuid

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>

namespace shm {

using limiting::make;

std::string limiting::by_sysctl(std::string_view name, std::string_view value) {
    const std::string setting = fmt::format("{}={}", name, value);
    struct statvfs facts = {};
    if (statvfs("/proc/sys", &facts) == -1 || (facts.f_flag & ST_RDONLY) == 0) {
        return "sysctl -w " + setting;
    }
    const std::array<std::string_view, 4> of_the_namespace = {"kernel.shm", "kernel.sem",
                                                              "kernel.msg", "fs.mqueue."};
    const bool is_of_it =
        std::any_of(of_the_namespace.begin(), of_the_namespace.end(),
                    [&](std::string_view begin) { return name.starts_with(begin); });
    return fmt::format(
        "{} (here /proc/sys is read-only)",
        is_of_it ? "docker run --sysctl " + setting : "on the host: sysctl -w " + setting);
}

namespace {

/// The number after `label` in a file of /proc; none where it is not there.
std::optional<std::uint64_t> number_after(const std::string& file, std::string_view label) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        std::uint64_t value = 0;
        if (line.starts_with(label) && std::istringstream(line.substr(label.size())) >> value) {
            return value;
        }
    }
    return {};
}

std::optional<std::uint64_t> kilobytes_after(const char* file, std::string_view label) {
    const auto value = number_after(file, label);
    return value ? std::optional(*value * 1024) : value;
}

/// Says whether root may raise a limit beyond the hard one: with CAP_SYS_RESOURCE over the machine
/// (man 2 setrlimit), which root of a container may be unable to have.
bool root_may_raise() {
    if (geteuid() == 0) return has_capability(CAP_SYS_RESOURCE, Over::machine);
    return in_first_user_namespace() && prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1;
}

/// Returns what raises a limit of processes; where root may not, who starts the container can.
/// @param docker  what `docker run --ulimit` takes for the limit; "": it has none. BYTES where the
///                shell counts otherwise
/// @param unit    how the shell counts, with "; " behind it; "" where it counts as the kernel does
std::string by_ulimit(char option, std::string_view docker, std::string_view unit = "") {
    if (root_may_raise()) {
        return fmt::format("ulimit -{0} N ({1}as root, or up to: ulimit -H -{0})", option, unit);
    }
    return fmt::format("ulimit -{0} N ({1}up to: ulimit -H -{0}; more only from outside{2})",
                       option, unit,
                       docker.empty() ? "" : fmt::format(": docker run --ulimit {}", docker));
}

std::optional<std::uint64_t> files_of_this_process() {
    std::error_code error;
    const std::filesystem::directory_iterator files("/proc/self/fd", error);
    if (error) return {};
    return std::distance(begin(files), end(files)) - 1;  // one is what counts them
}

}  // namespace

Limit process_limit(int resource) {
    rlimit64 value = {};
    check(getrlimit64(static_cast<__rlimit_resource>(resource), &value), "getrlimit",
          "this process");
    Limit limit;
    switch (resource) {
        case RLIMIT_MEMLOCK:
            limit = make("RLIMIT_MEMLOCK", "locked bytes of a process", "bytes", value.rlim_cur,
                         kilobytes_after("/proc/self/status", "VmLck:"));
            limit.raise = by_ulimit('l', "memlock=BYTES", "bash: in KiB; ");
            break;
        case RLIMIT_NOFILE:
            limit = make("RLIMIT_NOFILE", "open files of a process", "files", value.rlim_cur,
                         files_of_this_process());
            limit.raise = by_ulimit('n', "nofile=N");
            break;
        case RLIMIT_AS:
            limit = make("RLIMIT_AS", "address space of a process", "bytes", value.rlim_cur,
                         kilobytes_after("/proc/self/status", "VmSize:"));
            limit.raise = by_ulimit('v', "", "bash: in KiB; ");
            break;
        case RLIMIT_FSIZE:
            limit = make("RLIMIT_FSIZE", "bytes of one file", "bytes", value.rlim_cur);
            limit.raise = by_ulimit('f', "fsize=BYTES", "bash: in KiB; ");
            break;
        case RLIMIT_MSGQUEUE:
            limit =
                make("RLIMIT_MSGQUEUE", "bytes of a user's POSIX queues", "bytes", value.rlim_cur);
            limit.raise = by_ulimit('q', "msgqueue=N");
            break;
        default:
            throw SystemError(EINVAL, "process_limit", std::to_string(resource));
    }
    return limit;
}

std::optional<Limit> sysctl_limit(std::string_view name, std::string_view what,
                                  std::string_view unit) {
    std::string path = fmt::format("/proc/sys/{}", name);
    std::replace(path.begin() + 10, path.end(), '.', '/');
    std::uint64_t value = 0;
    if (!(std::ifstream(path) >> value)) return {};
    return make(name, what, unit, value);
}

std::optional<Limit> map_count() {
    auto limit = sysctl_limit("vm.max_map_count", "mappings of a process", "mappings");
    std::ifstream maps("/proc/self/maps");
    if (!limit || !maps) return {};
    limit->used =
        static_cast<std::uint64_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
    return limit;
}

std::optional<Limit> open_files() {
    auto limit = sysctl_limit("fs.file-max", "open files of the system", "files");
    if (limit) limit->used = number_after("/proc/sys/fs/file-nr", "");
    return limit;
}

std::optional<Limit> huge_pages(const std::string& proc) {
    const std::string file = proc + "/meminfo";
    const auto total = number_after(file, "HugePages_Total:");
    const auto free = number_after(file, "HugePages_Free:");
    const auto reserved = number_after(file, "HugePages_Rsvd:");
    if (!total || !free || !reserved) return {};
    return make("vm.nr_hugepages", "huge pages in the pool", "pages", *total,
                *total - *free + *reserved);
}

namespace {

std::optional<Limit> file_system(const std::string& path, std::string_view what,
                                 std::string_view unit, std::string_view option,
                                 std::uint64_t (*total)(const struct statvfs&),
                                 std::uint64_t (*free)(const struct statvfs&)) {
    struct statvfs facts = {};
    if (statvfs(path.c_str(), &facts) == -1) return {};
    Limit limit = make(path, what, unit, total(facts));
    limit.raise = fmt::format("mount -o remount,{}=N {}", option, for_shell(path));
    if (limit.most == 0) {
        limit.most = unlimited;  // a tmpfs without that limit says 0 (man 5 tmpfs)
    } else {
        limit.used = total(facts) - free(facts);
    }
    return limit;
}

}  // namespace

std::optional<Limit> file_system_bytes(const std::string& path) {
    return file_system(
        path, "bytes of the file system", "bytes", "size",
        [](const struct statvfs& facts) { return std::uint64_t{facts.f_blocks} * facts.f_frsize; },
        [](const struct statvfs& facts) { return std::uint64_t{facts.f_bfree} * facts.f_frsize; });
}

std::optional<Limit> file_system_files(const std::string& path) {
    return file_system(
        path, "files of the file system", "files", "nr_inodes",
        [](const struct statvfs& facts) { return std::uint64_t{facts.f_files}; },
        [](const struct statvfs& facts) { return std::uint64_t{facts.f_ffree}; });
}

std::vector<Limit> limits() {
    std::vector<Limit> all;
    for (Limit (*const limit)() :
         {shmmax, shmall, shmmni, semmsl, semmns, semopm, semmni, msgmax, msgmnb, msgmni}) {
        try {
            all.push_back(limit());
        } catch (const SystemError& error) {
            // A kernel, or a filter, without System V. (EPERM: what an old filter answers.)
            if (error.code().value() != ENOSYS && error.code().value() != EPERM) throw;
        }
    }
    const auto add = [&](std::optional<Limit> limit) {
        if (limit) all.push_back(std::move(*limit));
    };
    add(sysctl_limit("fs.mqueue.msg_max", "messages of one POSIX queue", "messages"));
    add(sysctl_limit("fs.mqueue.msgsize_max", "bytes of one POSIX message", "bytes"));
    add(sysctl_limit("fs.mqueue.queues_max", "POSIX queues", "queues"));
    add(file_system_bytes("/dev/shm"));
    add(file_system_files("/dev/shm"));
    add(huge_pages());
    add(open_files());
    for (const int resource :
         {RLIMIT_MEMLOCK, RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_MSGQUEUE}) {
        all.push_back(process_limit(resource));
    }
    add(map_count());
    return all;
}

std::optional<unsigned> percent_used(const Limit& limit) {
    if (!limit.used || limit.most == unlimited || limit.most == 0) return {};
    if (*limit.used >= limit.most) return 100;
    return static_cast<unsigned>(100.0 * static_cast<double>(*limit.used) /
                                 static_cast<double>(limit.most));
}

std::string limit_text(const Limit& limit) {
    const std::string one = limit.unit.substr(0, limit.unit.find_last_not_of('s') + 1);
    std::string text = limit.most == unlimited
                           ? limit.name + " is unlimited"
                           : limit.name + " is " + count_text(limit.most, one, limit.unit);
    if (limit.used) text += fmt::format(", {} in use", *limit.used);
    return text;
}

}  // namespace shm
