/// @file
/// Lesson 04, page_cost: what this machine is, and what it allows of huge pages. Only read: no
/// program of the course changes a setting of the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>

namespace page_cost {

/// What decides which pages a mapping gets.
struct Settings {
    std::string kernel;         ///< "6.1.0-28-amd64"
    std::string processor;      ///< as /proc/cpuinfo names it
    std::string dev_shm;        ///< how /dev/shm is mounted: "never", "always", "advise", ...
    std::string shmem_enabled;  ///< the same for memfds; "missing" where the kernel has none of it
    std::size_t page = 0;       ///< bytes of a page, 4096 nearly everywhere
    std::size_t huge = 0;       ///< bytes of a huge page, 2 MiB nearly everywhere
    std::uint64_t pool = 0;     ///< vm.nr_hugepages: pages set aside for MFD_HUGETLB
    std::uint64_t pool_free = 0;  ///< how many of those nobody uses
};

/// Returns this machine's settings as they are now. What cannot be read is named "unknown".
Settings read_settings();

/// Returns the value of `huge=` among the options of the file system mounted on /dev/shm. A tmpfs
/// that was mounted without it has "never" (kernel.org, Documentation/filesystems/tmpfs.rst).
/// @param mountinfo  as /proc/self/mountinfo reads (man 5 proc_pid_mountinfo)
std::string huge_option(std::istream& mountinfo);

/// Returns the word in brackets: "always within_size [never]" gives "never". That is how the
/// kernel's files below /sys/kernel/mm/transparent_hugepage mark the choice that holds.
std::string chosen(const std::string& choices);

}  // namespace page_cost
