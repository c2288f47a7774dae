#include "left_behind.hpp"

#include "common/check.hpp"
#include "common/cleanup.hpp"
#include "common/console.hpp"
#include "common/stop.hpp"
#include "greeting.hpp"

#include <fmt/format.h>

#include <fcntl.h>     // F_SETLEASE
#include <signal.h>    // SIGIO
#include <sys/mman.h>  // shm_open, shm_unlink, mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // geteuid

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
    throw shm::SystemError(errno, "fcntl F_SETLEASE", name);
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

}  // namespace

bool has_live_writer(int fd, const std::string& name) {
    const bool nobody_writes = lease_is_given(fd, F_RDLCK, name);
    if (nobody_writes) check(fcntl(fd, F_SETLEASE, F_UNLCK), "fcntl F_SETLEASE", name);
    return !nobody_writes;
}

//! [free name]
void free_name_of_the_dead(const std::string& name) {
    const int fd = shm_open(name.c_str(), O_RDWR, 0);
    if (fd == -1 && errno == ENOENT) return;  // its owner has removed it by now
    check(fd, "shm_open", name);
    const shm::Cleanup close_fd([&] { close(fd); });

    struct stat object = {};
    check(fstat(fd, &object), "fstat", name);
    if (object.st_uid != geteuid()) {
        throw shm::Failure(name + ": belongs to another user; choose another --name");
    }
    // Somebody who only looks at it is gone in a moment; a live writer stays.
    const auto deadline = shm::Deadline::after(100ms);
    while (!lease_is_given(fd, F_WRLCK, name)) {
        if (deadline.passed()) {
            throw shm::Failure(
                fmt::format("{0}: a live process is using it; end that one first, or choose "
                            "another --name (who: fuser -v /dev/shm{0})",
                            name));
        }
        shm::pause_for(1ms);
    }
    // From here to close(), whoever opens the object has to wait for us.
    check(fstat(fd, &object), "fstat", name);
    if (object.st_nlink == 0) return;  // the name is free already
    if (!holds_greeting(fd, object.st_size, name)) {
        throw shm::Failure(name +
                           ": holds another program's data; if no program needs it any more, "
                           "remove it: rm /dev/shm" +
                           name);
    }
    shm::note("{} was left behind by a process that is gone: removing it", name);
    check(shm_unlink(name.c_str()), "shm_unlink", name);
}
//! [free name]
