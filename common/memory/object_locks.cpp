#include "common/memory/object_locks.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/object.hpp"  // has_name
#include "common/program/error.hpp"
#include "common/program/shell.hpp"
#include "common/program/wait_notice.hpp"

#include <fmt/core.h>

#include <unistd.h>  // usleep

#include <cerrno>
#include <chrono>

using namespace std::chrono_literals;

namespace shm {

namespace {

constexpr off_t attach_byte = 1;  // as in lesson 01: its holder may remove the name

struct ::flock bytes(off_t first, off_t count, int type) {
    struct ::flock range = {};  // l_pid must be 0 (man 2 fcntl)
    range.l_type = static_cast<short>(type);
    range.l_whence = SEEK_SET;
    range.l_start = first;
    range.l_len = count;
    return range;
}

//! [try lock]
/// Takes the lock on a byte. False: another process has it. F_OFD_SETLK does not wait in the
/// kernel, where no deadline would reach this process.
bool try_lock(int fd, off_t byte) {
    // OFD: the lock belongs to the open file description, not to the process. So it does not end
    // when some library opens and closes the same file, as the older F_SETLK does (man 2 fcntl).
    struct ::flock lock = bytes(byte, 1, F_WRLCK);
    return checked::fcntl(fd, F_OFD_SETLK, &lock, checked::allow(EAGAIN, EACCES)) != -1;
}
//! [try lock]

/// Returns whether the kernel did it; if not, it does when this process ends.
bool unlock(int fd, off_t byte) noexcept {
    struct ::flock lock = bytes(byte, 1, F_UNLCK);
    return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

Failure stays_locked(const std::string& name) {
    return Failure(
        fmt::format("{0}: another process has held its attach lock for too long, creating it, "
                    "attaching or detaching; see who, and whether it is stopped: fuser -v "
                    "{1}",
                    name, object_for_shell(name)));
}

}  // namespace

//! [attach lock]
bool take_attach_lock(int fd, const std::string& name, const Deadline& deadline) {
    WaitNotice notice(deadline.time());
    while (!try_lock(fd, attach_byte)) {
        if (!has_name(fd, name)) return false;  // its holder may be stopped, and keep the lock
        notice.look(fmt::format("another process to create {}, attach or detach", name),
                    "who it is: fuser -v " + object_for_shell(name));
        if (deadline.passed()) throw stays_locked(name);
        pause_for(1ms);
    }
    return true;
}
//! [attach lock]

void take_attach_lock_to_detach(int fd, const std::string& name) {
    const auto deadline = Deadline::after(5s);
    while (!try_lock(fd, attach_byte)) {
        if (deadline.passed()) throw stays_locked(name);
        usleep(1000);  // woken early by a signal: then it looks once more
    }
}

void release_attach_lock(int fd) noexcept {
    unlock(fd, attach_byte);
}

//! [hold entry]
unsigned hold_free_entry(int fd, const std::string& name) {
    for (unsigned entry = 0; entry < entry_count; ++entry) {
        if (try_lock(fd, first_entry + entry)) return entry;
    }
    throw Failure(fmt::format("{}: all {} entries are held; wait until a process detaches", name,
                              entry_count));
}
//! [hold entry]

bool release_entry(int fd, unsigned entry) noexcept {
    return unlock(fd, first_entry + entry);
}

//! [ask entries]
struct ::flock lock_on_entries(int fd, unsigned begin, unsigned end) {
    struct ::flock lock = bytes(first_entry + begin, end - begin, F_WRLCK);
    checked::fcntl(fd, F_OFD_GETLK, &lock);  // asks what would be in the way, and takes nothing
    return lock;
}

bool is_attached_by_others(int fd) {
    return lock_on_entries(fd, 0, entry_count).l_type != F_UNLCK;  // its own are not in its way
}
//! [ask entries]

}  // namespace shm
