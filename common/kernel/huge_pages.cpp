#include "huge_pages.hpp"

#include "common/kernel/room.hpp"  // page_size

#include <fmt/core.h>

#include <fstream>
#include <sstream>

namespace shm {

namespace {

const std::string thp = "/sys/kernel/mm/transparent_hugepage/";

/// Returns the first line of a file, or "" where there is no such file.
std::string line_of(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// Returns the number in a file, or `otherwise` where there is none.
std::uint64_t number_in(const std::string& path, std::uint64_t otherwise) {
    std::istringstream text(line_of(path));
    std::uint64_t number = 0;
    return text >> number ? number : otherwise;
}

}  // namespace

std::string huge_option(std::istream& mountinfo) {
    std::string found = "unknown";
    for (std::string line; std::getline(mountinfo, line);) {
        std::istringstream words(line);
        std::string skipped;
        std::string mounted_on;
        words >> skipped >> skipped >> skipped >> skipped >> mounted_on;
        if (mounted_on != "/dev/shm") continue;
        // The options of the file system itself are the last word. Of several mounts on one place,
        // the last one counts.
        const std::string options = "," + line.substr(line.rfind(' ') + 1) + ",";
        const auto option = options.find(",huge=");
        found = "never";
        if (option == std::string::npos) continue;
        const auto start = option + 6;
        found = options.substr(start, options.find(',', start) - start);
    }
    return found;
}

std::string chosen(const std::string& choices) {
    const auto open = choices.find('[');
    const auto close = choices.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open) return "missing";
    return choices.substr(open + 1, close - open - 1);
}

HugePages read_huge_pages() {
    HugePages settings;
    std::ifstream mountinfo("/proc/self/mountinfo");
    settings.dev_shm = huge_option(mountinfo);
    settings.shmem_enabled = chosen(line_of(thp + "shmem_enabled"));
    settings.page = page_size();
    settings.huge = static_cast<std::size_t>(number_in(thp + "hpage_pmd_size", 2U << 20U));
    const std::string pool =
        fmt::format("/sys/kernel/mm/hugepages/hugepages-{}kB/", settings.huge / 1024);
    settings.pool = number_in(pool + "nr_hugepages", 0);
    settings.pool_free = number_in(pool + "free_hugepages", 0);
    return settings;
}

}  // namespace shm
