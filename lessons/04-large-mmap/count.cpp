#include "count.hpp"

#include "common/memory/object_locks.hpp"

#include <fcntl.h>  // F_UNLCK

#include <algorithm>

namespace {

//! [count held]
/// Returns how many entries from `begin` to before `end` others hold. The kernel names one lock
/// that is in the way, and not always the lowest: so look on both sides of it.
unsigned count_held(int fd, unsigned begin, unsigned end) {
    if (begin == end) return 0;
    const struct flock lock = shm::lock_on_entries(fd, begin, end);
    if (lock.l_type == F_UNLCK) return 0;
    const auto entry_of = [&](off_t byte) {
        return static_cast<unsigned>(std::clamp<off_t>(byte - shm::first_entry, begin, end));
    };
    const unsigned first = entry_of(lock.l_start);
    const unsigned behind = lock.l_len == 0 ? end : entry_of(lock.l_start + lock.l_len);
    return count_held(fd, begin, first) + (behind - first) + count_held(fd, behind, end);
}
//! [count held]

}  // namespace

unsigned count_attached(int fd) {
    return 1 + count_held(fd, 0, shm::entry_count);  // its own lock is not in a process's way
}
