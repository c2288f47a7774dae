#include "common/kernel/object_names.hpp"

#include "common/program/options.hpp"  // key_text

#include <fmt/core.h>

#include <sys/stat.h>  // fstat
#include <unistd.h>    // readlink

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace shm::object_names {

namespace {

struct Range {
    std::uintptr_t end = 0;
    std::string object;
};

struct Table {
    std::mutex mutex;
    std::map<std::pair<dev_t, ino_t>, std::string> objects;
    std::map<std::pair<Kind, int>, key_t> keys;
    std::map<std::uintptr_t, Range> mappings;  // by their first address
};

Table& table() {
    static Table* const one = new Table;  // never destroyed: a clean-up at the very end may ask
    return *one;
}

std::string link_of(int fd) {
    std::array<char, 4096> path = {};
    const std::string link = fmt::format("/proc/self/fd/{}", fd);
    const ssize_t length = readlink(link.c_str(), path.data(), path.size());
    return length <= 0 ? "" : std::string(path.data(), static_cast<std::size_t>(length));
}

}  // namespace

void remember_object(int fd, const std::string& name) {
    struct stat facts = {};
    if (::fstat(fd, &facts) == -1) return;
    const std::lock_guard lock(table().mutex);
    table().objects[{facts.st_dev, facts.st_ino}] = name;
}

std::string of_descriptor(int fd) {
    struct stat facts = {};
    if (::fstat(fd, &facts) == 0) {
        const std::lock_guard lock(table().mutex);
        const auto found = table().objects.find({facts.st_dev, facts.st_ino});
        if (found != table().objects.end()) return found->second;
    }
    const std::string path = link_of(fd);
    if (path.empty()) return fmt::format("descriptor {}", fd);
    const bool is_object = path.starts_with("/dev/shm/") && path.rfind('/') == 8;
    return is_object ? path.substr(8) : path;  // in a folder of /dev/shm it is none
}

void remember_key(Kind kind, int id, key_t key) {
    const std::lock_guard lock(table().mutex);
    table().keys[{kind, id}] = key;
}

std::string of_id(Kind kind, int id) {
    std::string text =
        fmt::format("{} {}", kind == Kind::segment ? "segment" : "semaphore set", id);
    const std::lock_guard lock(table().mutex);
    const auto found = table().keys.find({kind, id});
    if (found == table().keys.end() || found->second == 0) return text;
    return fmt::format("{} (key {})", text, key_text(found->second));
}

void remember_mapping(const void* memory, std::size_t size, const std::string& object) {
    const auto first = reinterpret_cast<std::uintptr_t>(memory);
    const std::lock_guard lock(table().mutex);
    auto& mappings = table().mappings;
    for (auto at = mappings.begin(); at != mappings.end();) {
        const bool overlaps = at->first < first + size && first < at->second.end;
        at = overlaps ? mappings.erase(at) : std::next(at);
    }
    mappings[first] = Range{first + size, object};
}

Forgotten forget_mapping(const void* memory) {
    const auto first = reinterpret_cast<std::uintptr_t>(memory);
    const std::lock_guard lock(table().mutex);
    const auto found = table().mappings.extract(first);
    if (found.empty()) return {};
    return {memory, found.mapped().end - first, found.mapped().object};
}

void remember_again(const Forgotten& forgotten) {
    if (forgotten.size == 0) return;
    remember_mapping(forgotten.memory, forgotten.size, forgotten.object);
}

std::string of_address(const void* memory) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    const std::lock_guard lock(table().mutex);
    auto after = table().mappings.upper_bound(address);
    if (after != table().mappings.begin() && address < std::prev(after)->second.end)
        return std::prev(after)->second.object;
    return fmt::format("address {}", memory);
}

}  // namespace shm::object_names
