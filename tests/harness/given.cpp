#include "tests/harness/given.hpp"

#include "common/program/check.hpp"

#include <fmt/core.h>

#include <sys/ipc.h>
#include <sys/msg.h>   // msgget
#include <sys/sem.h>   // semget
#include <sys/shm.h>   // shmget
#include <sys/stat.h>  // chmod

#include <algorithm>
#include <cstdint>
#include <random>

namespace harness {

namespace {

std::uint32_t random_number() {
    static std::random_device device;  // the kernel's: two runs at the same moment differ
    return device();
}

bool exists(int id) {
    return id != -1 || errno != ENOENT;
}

/// A key that nobody uses. Below 2^31, so that it is positive however a program prints it.
key_t fresh_key() {
    for (;;) {
        const auto key = static_cast<key_t>((random_number() & 0x7ffffff) | 0x1000);
        if (!exists(shmget(key, 0, 0)) && !exists(semget(key, 0, 0)) && !exists(msgget(key, 0))) {
            return key;
        }
    }
}

std::string fresh_name(const std::string& number) {
    const std::filesystem::path folder = "/dev/shm";
    for (;;) {
        const std::string name = fmt::format("lesson-{}-{:06x}", number, random_number() >> 8);
        std::error_code ignored;  // what cannot be looked at is not there for us
        if (!std::filesystem::exists(folder / name, ignored) &&
            !std::filesystem::exists(folder / ("sem." + name), ignored)) {
            return "/" + name;
        }
    }
}

}  // namespace

Given::Given(const std::string& number)
    : keys_{fresh_key(), fresh_key()}, names_{fresh_name(number), fresh_name(number)} {
    std::string path = std::filesystem::temp_directory_path() / "scene-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw shm::SystemError(errno, "mkdtemp", path);
    directory_ = path;
    // Also for a process of another user.
    shm::check(chmod(path.c_str(), 01777), "chmod", path);
}

Given::~Given() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Words Given::words(uid_t uid) const {
    return {{"key", fmt::format("0x{:08x}", keys_[0])},
            {"key2", fmt::format("0x{:08x}", keys_[1])},
            {"name", names_[0]},
            {"name2", names_[1]},
            {"dir", directory_.string()},
            {"uid", std::to_string(uid)}};
}

}  // namespace harness
