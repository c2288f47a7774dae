/// @file
/// What common/kernel/limits.cpp and limits_system_v.cpp share. For them alone.
#pragma once

#include "common/kernel/limits.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shm::limiting {

/// From here on a limit is as good as none. The kernel's default for shmmax and shmall is
/// 2^64 - 2^24 (man 5 proc_sys_kernel).
constexpr std::uint64_t as_good_as_none = std::uint64_t{1} << 62;

/// Returns what sets the sysctl `name` to `value`. A container has /proc/sys mounted read-only, and
/// is given what belongs to its IPC namespace as it is started (man 7 ipc_namespaces, docker run).
std::string by_sysctl(std::string_view name, std::string_view value = "N");

/// Returns a limit that a sysctl raises.
template <typename Number>
Limit make(std::string_view name, std::string_view what, std::string_view unit, Number most,
           std::optional<std::uint64_t> used = {}) {
    const auto number = static_cast<std::uint64_t>(most);
    return {.name = std::string(name),
            .what = std::string(what),
            .unit = std::string(unit),
            .raise = by_sysctl(name),
            .most = number >= as_good_as_none ? unlimited : number,
            .used = used};
}

}  // namespace shm::limiting
