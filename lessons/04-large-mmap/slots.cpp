#include "slots.hpp"

#include "common/program/check.hpp"

#include <fcntl.h>  // F_OFD_GETLK, F_OFD_SETLK

#include <algorithm>

using shm::check;

namespace {

/// A lock needs no byte that exists: these lie beyond the end of any object.
constexpr off_t first_slot = off_t{1} << 40;

struct flock slots_from(unsigned slot, unsigned count, int type) {
    struct flock lock = {};  // l_pid must be 0 (man 2 fcntl)
    lock.l_type = static_cast<short>(type);
    lock.l_whence = SEEK_SET;
    lock.l_start = first_slot + slot;
    lock.l_len = count;
    return lock;
}

//! [find held]
/// What keeps us from locking all of these slots; of type F_UNLCK if nothing does.
struct flock lock_in_the_way(int fd, unsigned from, unsigned end, const std::string& name) {
    struct flock lock = slots_from(from, end - from, F_WRLCK);
    check(fcntl(fd, F_OFD_GETLK, &lock), "fcntl F_OFD_GETLK", name);
    return lock;
}

/// The kernel names one lock that stands in the way of ours, and not always the lowest: so look on
/// both sides of it.
void find_held(int fd, unsigned from, unsigned end, const std::string& name,
               std::vector<bool>& held) {
    if (from >= end) return;
    const struct flock lock = lock_in_the_way(fd, from, end, name);
    if (lock.l_type == F_UNLCK) return;
    const auto in_range = [&](off_t byte) {
        return static_cast<unsigned>(std::clamp<off_t>(byte - first_slot, from, end));
    };
    const unsigned begin = in_range(lock.l_start);
    const unsigned behind = lock.l_len == 0 ? end : in_range(lock.l_start + lock.l_len);
    std::fill(held.begin() + begin, held.begin() + behind, true);
    find_held(fd, from, begin, name, held);
    find_held(fd, behind, end, name, held);
}
//! [find held]

}  // namespace

std::vector<bool> held_slots(int fd, const std::string& name) {
    std::vector<bool> held(slot_count, false);
    find_held(fd, 0, slot_count, name, held);
    return held;
}

bool any_slot_is_held(int fd, const std::string& name) {
    return lock_in_the_way(fd, 0, slot_count, name).l_type != F_UNLCK;
}

//! [hold slot]
void hold_slot(int fd, unsigned slot, const std::string& name) {
    // OFD: the lock belongs to the open file description, not to the process. So it does not vanish
    // when some library opens and closes the same file, as the older F_SETLK does (man 2 fcntl).
    struct flock lock = slots_from(slot, 1, F_WRLCK);
    check(fcntl(fd, F_OFD_SETLK, &lock), "fcntl F_OFD_SETLK", name);
}
//! [hold slot]

void give_back_slot(int fd, unsigned slot) noexcept {
    struct flock lock = slots_from(slot, 1, F_UNLCK);
    fcntl(fd, F_OFD_SETLK, &lock);  // should it fail: the kernel does it when we end
}
