/// @file
/// What this machine allows of huge pages. Only read: no program of the course changes a setting of
/// the system. Lesson 04 teaches it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>

namespace shm {

/// What decides which pages a mapping gets.
struct HugePages {
    std::string dev_shm;        ///< how /dev/shm is mounted: "never", "always", "advise", ...
    std::string shmem_enabled;  ///< the same for memfds; "missing" where the kernel has none of it
    std::size_t page = 0;       ///< bytes of a page, 4096 nearly everywhere
    std::size_t huge = 0;       ///< bytes of a huge page, 2 MiB nearly everywhere
    std::uint64_t pool = 0;     ///< vm.nr_hugepages: pages set aside for MFD_HUGETLB
    std::uint64_t pool_free = 0;  ///< how many of those are unused
};

/// Returns what holds on this machine now. Where something cannot be read, a word is "unknown" or
/// "missing", and a number is what its member says for nearly everywhere, or 0.
HugePages read_huge_pages();

/// Returns the value of `huge=` among the options of the file system mounted on /dev/shm. A tmpfs
/// that was mounted without it has "never" (kernel.org, Documentation/filesystems/tmpfs.rst).
/// @param mountinfo  as /proc/self/mountinfo reads (man 5 proc_pid_mountinfo)
std::string huge_option(std::istream& mountinfo);

/// Returns the word in brackets: "always within_size [never]" gives "never". That is how the
/// kernel's files below /sys/kernel/mm/transparent_hugepage mark the choice that holds.
std::string chosen(const std::string& choices);

}  // namespace shm
