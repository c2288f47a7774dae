#include "smaps.hpp"

#include "common/program/error.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace shm {

Given find_in_smaps(std::istream& smaps, const void* address) {
    const std::string start = fmt::format("{:x}-", reinterpret_cast<std::uintptr_t>(address));
    Given given;
    bool found = false;
    for (std::string line; std::getline(smaps, line);) {
        std::istringstream words(line);
        std::string key;
        std::size_t kib = 0;
        words >> key;
        if (!key.ends_with(':')) {  // "7f12a000-7f12b000 rw-s ...": the next mapping begins
            if (found) break;
            // Leading zeros: addresses are padded to 8 digits.
            key.erase(0, key.find_first_not_of('0'));
            found = key.starts_with(start);
            continue;
        }
        if (found && key == "VmFlags:") given.locked = line.find(" lo ") != std::string::npos;
        if (!found || !(words >> kib)) continue;
        const std::size_t bytes = kib * 1024;
        if (key == "Size:") given.mapped = bytes;
        if (key == "Rss:") given.resident += bytes;
        if (key == "ShmemPmdMapped:" || key == "FilePmdMapped:") given.huge += bytes;
        if (key == "Shared_Hugetlb:" || key == "Private_Hugetlb:") {
            given.resident += bytes;
            given.huge += bytes;
        }
    }
    if (!found) throw Failure(fmt::format("no mapping at {} in /proc/self/smaps", address));
    return given;
}

Given given_to(const void* address) {
    std::ifstream smaps("/proc/self/smaps");
    return find_in_smaps(smaps, address);
}

std::size_t page_table_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key;) {
        std::size_t kib = 0;
        if (key == "VmPTE:" && status >> kib) return kib * 1024;
    }
    return 0;
}

}  // namespace shm
