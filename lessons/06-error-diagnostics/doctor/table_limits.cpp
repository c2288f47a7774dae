#include "names.hpp"
#include "table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace doctor {

namespace {

/// What a process uses of its own limits says nothing when that process is doctor.
bool matters(const shm::Limit& limit) {
    const std::string_view mine[] = {"RLIMIT_NOFILE", "RLIMIT_AS", "RLIMIT_FSIZE",
                                     "vm.max_map_count", "fs.file-max"};
    return std::find(std::begin(mine), std::end(mine), limit.name) == std::end(mine);
}

std::string amount(const shm::Limit& limit, std::uint64_t value) {
    if (value == shm::unlimited) return "no limit";
    if (limit.unit == "bytes") return bytes_text(value);
    // A limit of so many is none in practice: kernel.shmall is nearly 2^64 pages.
    return value < 100'000'000 ? fmt::format("{}", value)
                               : fmt::format("{:.2e}", static_cast<double>(value));
}

std::string line(const shm::Limit& limit) {
    const auto percent = shm::percent_used(limit);
    return fmt::format("{:<21} {:<30} {:>8} {:>8} {:>8}", limit.name, limit.what,
                       limit.used ? amount(limit, *limit.used) : "-", amount(limit, limit.most),
                       percent ? fmt::format("{} %", *percent) : "-");
}

}  // namespace

std::vector<std::string> limit_lines(const std::vector<shm::Limit>& limits) {
    std::vector<std::string> lines = {fmt::format("{:<21} {:<30} {:>8} {:>8} {:>8}", "limit",
                                                  "on what", "used", "of", "how near")};
    for (const shm::Limit& limit : limits) {
        if (matters(limit)) lines.push_back(line(limit));
    }
    return lines;
}

}  // namespace doctor
