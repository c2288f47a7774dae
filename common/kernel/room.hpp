/// @file
/// Whether there is room for so much memory: asked for before it is taken, since a limit that is
/// met later may be a SIGBUS, or the kernel ending a process. Lesson 04 teaches it.
#pragma once

#include "common/kernel/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shm {

/// Returns what limits the memory that this process can take: what the machine has available
/// (MemAvailable), then every memory cgroup around this process, version 1 or 2, the innermost
/// first. The page cache of files counts as free: the kernel gives it up. Swap space does not
/// count.
///
/// Where a cgroup cannot be read (its files are not mounted here, or from elsewhere than its own
/// namespace begins), it is left out.
///
/// @param proc  where /proc is; a test has one of its own
std::vector<Limit> memory_limits(const std::string& proc = "/proc");

/// Returns what limits the bytes of a POSIX object that has taken `taken` bytes already: the
/// file system /dev/shm, RLIMIT_FSIZE, RLIMIT_AS, and memory_limits().
std::vector<Limit> object_limits(std::uint64_t taken);

/// Returns how many bytes are left under `limit`; unlimited where there is no limit.
std::uint64_t room_under(const Limit& limit);

/// Throws Failure, with the figures and the command that raises the limit, if `bytes` more do not
/// fit under one of `limits`; of several, it names the tightest. Changes nothing.
///
/// @param object  what wants the memory, e.g. "/large_shared_memory"
void require_room(std::string_view object, std::uint64_t bytes, const std::vector<Limit>& limits);

/// Returns how many bytes a page has: 4096 nearly everywhere, 16 or 64 KiB on some Arm machines.
std::size_t page_size();

/// Returns the value of a program's `--size`, in bytes, rounded up to whole pages, and says so on
/// standard error if that changes it: a mapping covers whole pages, and what is written to the rest
/// of the last one is shared as well. (Lesson 01.)
std::size_t whole_pages(std::size_t size);

}  // namespace shm
