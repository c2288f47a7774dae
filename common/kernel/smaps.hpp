/// @file
/// What the kernel really gave to a mapping: /proc/self/smaps (man 5 proc_pid_smaps). Lesson 04
/// teaches it.
#pragma once

#include <cstddef>
#include <istream>

namespace shm {

/// What a mapping has. In bytes.
struct Given {
    std::size_t mapped = 0;    ///< Size: addresses that may be used
    std::size_t resident = 0;  ///< Rss, and hugetlb pages, which Rss leaves out
    std::size_t huge = 0;      ///< of the resident: mapped by huge pages
    bool locked = false;       ///< VmFlags has "lo": mlock() holds for it
};

/// Finds a mapping in smaps, by the address at which it begins.
/// @param smaps  as /proc/self/smaps reads
/// @throws Failure if there is no mapping that begins at `address`
Given find_in_smaps(std::istream& smaps, const void* address);

/// Returns what the kernel has given to the mapping of this process that begins at `address`.
/// @throws Failure if there is none
Given given_to(const void* address);

/// Returns how many bytes the page tables of this process take: VmPTE (man 5 proc_pid_status); 0
/// where /proc does not tell.
std::size_t page_table_bytes();

}  // namespace shm
