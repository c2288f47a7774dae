#include "names.hpp"

#include <fmt/core.h>

#include <pwd.h>  // getpwuid

#include <array>
#include <map>

namespace doctor {

std::string user_text(uid_t uid) {
    static std::map<uid_t, std::string> known;  // asking may mean a request to a server
    auto [entry, is_new] = known.try_emplace(uid);
    if (is_new) {
        const passwd* record = getpwuid(uid);
        entry->second = record == nullptr ? fmt::format("uid {}", uid) : escaped(record->pw_name);
    }
    return entry->second;
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    const bool whole = value == static_cast<double>(static_cast<std::uint64_t>(value));
    return whole || value >= 100 ? fmt::format("{:.0f} {}", value, units[unit])
                                 : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace doctor
