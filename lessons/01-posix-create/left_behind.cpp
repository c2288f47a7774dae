#include "left_behind.hpp"

#include "common/kernel/reason.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"
#include "greeting.hpp"

#include <fmt/format.h>

#include <fcntl.h>     // F_SETLEASE
#include <signal.h>    // SIGIO
#include <sys/mman.h>  // shm_open, shm_unlink, mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // geteuid, getpid

#include <cerrno>
#include <chrono>

using shm::check;
using namespace std::chrono_literals;

namespace {

//! [ask kernel]
/// The kernel gives a lease on a file only to one whom nobody else's open descriptor or mapping
/// contradicts, and it counts those itself: what a killed process had is gone from the count
/// (man 2 fcntl, "Leases"). So no pid is looked at, and no file has to be locked beforehand.
bool lease_is_given(int fd, int kind, const std::string& name) {
    signal(SIGIO, SIG_IGN);  // sent if somebody opens the file while we hold the lease
    if (fcntl(fd, F_SETLEASE, kind) == 0) return true;
    if (errno == EAGAIN || errno == EBUSY) return false;
    throw shm::SystemError(errno, "fcntl F_SETLEASE", name,
                           "without leases nobody can tell; see: sysctl fs.leases-enable");
}
//! [ask kernel]

/// Ours, published, or prepared and not published, or all zeros: then nobody loses anything by its
/// removal.
bool holds_greeting(int fd, off_t size, const std::string& name) {
    if (size == 0) return true;  // killed before it could give the object a size
    if (size < static_cast<off_t>(sizeof(Greeting))) return false;
    void* memory = mmap(nullptr, sizeof(Greeting), PROT_READ, MAP_SHARED, fd, 0);
    const auto* found = static_cast<const Greeting*>(shm::check_mapped(memory, "mmap", name));
    const shm::Cleanup unmap([&] { munmap(memory, sizeof(Greeting)); });
    return shm::is_published(found->mark, greeting_layout, name) ||
           shm::is_unfinished(found->mark, greeting_layout);
}

bool has_name(int fd, const std::string& name) {
    struct stat object = {};
    check(fstat(fd, &object), "fstat", name);
    return object.st_nlink > 0;
}

//! [free name]
/// Frees the name if nobody uses the object. Returns false if somebody does: a live writer, or one
/// who only looks at it and is gone in a moment.
bool try_to_free(const std::string& name) {
    // Only for reading: a reader that asks about a live writer must not take us for one.
    const int fd = shm_open(name.c_str(), O_RDONLY, 0);
    if (fd == -1 && errno == ENOENT) return true;  // its owner has removed it by now
    check(fd, "shm_open", name, shm::why_shm_open, name.c_str(), O_RDONLY);
    const shm::Cleanup close_fd([&] { close(fd); });

    struct stat object = {};
    check(fstat(fd, &object), "fstat", name);
    if (object.st_uid != geteuid()) {
        throw shm::Failure(name + ": belongs to another user; choose another --name");
    }
    if (!lease_is_given(fd, F_WRLCK, name)) return false;
    // From here to close(), whoever opens the object has to wait for us (45 s at the most: man 5
    // proc_sys_fs, lease-break-time).
    check(fstat(fd, &object), "fstat", name);
    if (!holds_greeting(fd, object.st_size, name)) {
        throw shm::Failure(name +
                           ": holds another program's data; if no program needs it any more, "
                           "remove it: rm /dev/shm" +
                           name);
    }
    if (!has_name(fd, name)) return true;  // somebody else has freed it
    shm::note("{} was left behind by a process that is gone: removing it", name);
    check(shm_unlink(name.c_str()), "shm_unlink", name, shm::why_shm_unlink, name.c_str());
    return true;
}
//! [free name]

}  // namespace

bool has_live_writer(int fd, const std::string& name) {
    const bool nobody_writes = lease_is_given(fd, F_RDLCK, name);
    if (nobody_writes) check(fcntl(fd, F_SETLEASE, F_UNLCK), "fcntl F_SETLEASE", name);
    return !nobody_writes;
}

bool was_taken_by_the_dead(int fd, const std::string& name) {
    if (fd != -1) {
        // The name shows a moment before the kernel counts us as a user of the object: in it,
        // another writer may have taken it for left behind, and freed it.
        if (has_name(fd, name)) return false;
        close(fd);
        return true;
    }
    if (errno != EEXIST) return false;
    const auto deadline = shm::Deadline::after(500ms);  // the machine may be busy
    while (!try_to_free(name)) {
        if (deadline.passed()) {
            throw shm::Failure(
                fmt::format("{0}: a live process is using it; end that one first, or choose "
                            "another --name (who: fuser -v /dev/shm{0})",
                            name));
        }
        // Not the same time for all: two that look at once keep each other from the lease.
        shm::pause_for(std::chrono::milliseconds(1 + getpid() % 5));
    }
    return true;
}
