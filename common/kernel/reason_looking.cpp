#include "common/kernel/reason_looking.hpp"

#include "common/kernel/capability.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/program/console.hpp"  // count_text

#include <fmt/core.h>

#include <linux/capability.h>  // CAP_FOWNER, CAP_SYS_ADMIN
#include <pwd.h>               // getpwuid_r
#include <sys/resource.h>      // RLIMIT_AS
#include <sys/sysinfo.h>       // sysinfo
#include <unistd.h>            // geteuid, sysconf

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <limits>
#include <sstream>

namespace shm::looking {

namespace {

std::optional<Entry> read_entry(Kind kind, const std::string& line) {
    std::istringstream words(line);
    Entry entry;
    words >> entry.key >> entry.id >> std::oct >> entry.mode >> std::dec >> entry.size;
    entry.mode &= 0777;  // a segment's may have SHM_DEST and SHM_LOCKED beside it
    if (kind == Kind::segment) {
        pid_t maker = 0;
        pid_t last = 0;
        unsigned long attached = 0;
        words >> maker >> last >> attached;
        entry.maker = maker;
    }
    words >> entry.uid;
    return words ? std::optional(entry) : std::nullopt;
}

template <typename Wanted>
std::optional<Entry> find(Kind kind, Wanted wanted) {
    std::ifstream table(kind == Kind::segment ? "/proc/sysvipc/shm" : "/proc/sysvipc/sem");
    for (std::string line; std::getline(table, line);) {
        const auto entry = read_entry(kind, line);  // none for the headline
        if (entry && wanted(*entry)) return entry;
    }
    return {};
}

}  // namespace

std::optional<Entry> entry_under(Kind kind, key_t key) {
    if (key == 0) return {};  // IPC_PRIVATE: never the key of one that stands
    return find(kind, [&](const Entry& entry) { return entry.key == key; });
}

std::optional<Entry> entry_with_id(Kind kind, int id) {
    return find(kind, [&](const Entry& entry) { return entry.id == id; });
}

bool is_us(uid_t uid) {
    return uid == geteuid() && !strangers_look_like_us();
}

std::string user_text(uid_t uid) {
    if (is_us(uid)) return "you";
    if (uid == geteuid()) {
        return fmt::format("user {}, as which this user namespace shows all whom it does not map",
                           uid);
    }
    passwd record = {};
    passwd* user = nullptr;
    std::array<char, 4096> text;  // getpwuid() keeps its answer where another thread may write
    getpwuid_r(uid, &record, text.data(), text.size(), &user);
    return user == nullptr ? fmt::format("user {}", uid) : fmt::format("user {}", user->pw_name);
}

bool may_remove_file(const struct stat& facts, uid_t folder) {
    return is_us(facts.st_uid) || is_us(folder) ||
           has_capability_over_file(CAP_FOWNER, facts.st_uid, facts.st_gid);
}

bool may_remove_ipc(uid_t owner) {
    return is_us(owner) || has_capability(CAP_SYS_ADMIN, Over::ipc_namespace);
}

std::string raise_text(const Limit& limit) {
    return fmt::format("{}; raise it: {}", limit_text(limit), limit.raise);
}

std::string too_large_reason(std::size_t size) {
    // Processors of today have addresses of 57 bits at most; of 32 bits, a program with its stack
    // takes some for itself.
    constexpr std::uint64_t most = sizeof(std::size_t) > 4 ? std::uint64_t{1} << 57U : 0xff00'0000;
    if (size < most) return {};
    const bool is_negative_if_signed = size > std::numeric_limits<std::size_t>::max() / 2;
    return fmt::format("{} bytes are more than any address space has; {}", size,
                       is_negative_if_signed ? "was a negative number taken for a size?"
                                             : "look where the size comes from");
}

std::string address_space_reason(std::size_t size) {
    std::string too_large = too_large_reason(size);
    if (!too_large.empty()) return too_large;
    const Limit space = process_limit(RLIMIT_AS);
    if (space.most != unlimited && space.used &&
        size > space.most - std::min(*space.used, space.most)) {
        return fmt::format("{} more than this process may have: {}", count_text(size, "byte"),
                           raise_text(space));
    }
    return mappings_reason_or("");
}

std::string mappings_reason_or(std::string_view otherwise) {
    const auto maps = map_count();
    if (maps && maps->used && *maps->used >= maps->most) return raise_text(*maps);
    return std::string(otherwise);
}

std::string memory_reason(std::size_t size) {
    std::string too_large = too_large_reason(size);
    if (!too_large.empty()) return too_large;
    const auto overcommit = sysctl_limit("vm.overcommit_memory", "", "");
    if (overcommit && overcommit->most == 2) {
        return "vm.overcommit_memory is 2: what is promised to all processes is limited; see: grep "
               "Commit /proc/meminfo";
    }
    struct sysinfo memory = {};
    if (sysinfo(&memory) == 0) {
        const auto all = (std::uint64_t{memory.totalram} + memory.totalswap) * memory.mem_unit;
        if (size > all) {
            return fmt::format(
                "{} bytes asked for, the machine has {} with its swap; ask for less, see: free -h",
                size, all);
        }
    }
    return {};
}

std::string too_many_files(int error) {
    if (error == EMFILE) return raise_text(process_limit(RLIMIT_NOFILE));
    const auto files = open_files();
    return files ? raise_text(*files) : "";
}

}  // namespace shm::looking
