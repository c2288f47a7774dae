#include "mend.hpp"

#include "findings.hpp"
#include "names.hpp"
#include "posix.hpp"

#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"

#include <fcntl.h>   // openat, F_SETLEASE, F_GETLEASE
#include <signal.h>  // SIGIO
#include <sys/stat.h>
#include <unistd.h>  // unlinkat

#include <cerrno>

namespace doctor {

namespace {

/// The file that was opened, if any, and the one that has the name.
bool is_same(int fd, int folder, const std::string& name, const Object& object) {
    struct stat now = {};
    if (fd != -1 &&
        (fstat(fd, &now) == -1 || now.st_dev != object.device || now.st_ino != object.inode)) {
        return false;
    }
    return fstatat(folder, name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0 &&
           now.st_dev == object.device && now.st_ino == object.inode;
}

/// Opens the object for whichever kind of access we may have; 0 bytes of it are touched.
int open_object(int folder, const std::string& name) {
    for (const int access : {O_RDONLY, O_WRONLY}) {
        // O_NONBLOCK: where a process holds a lease on it, fail at once.
        const int fd = openat(folder, name.c_str(), access | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
        if (fd != -1 || errno != EACCES) return fd;
    }
    return -1;
}

/// What the kernel says of the processes that have a file. It knows all, also those that we may not
/// look into.
enum class Verdict { unused, used, unknown };

//! [ask lease]
/// The kernel gives a lease for writing on a file that no other process has open or mapped, and to
/// the file's owner or root only (man 2 fcntl, "Leases"). Until `fd` is closed, a process that
/// opens the file waits (45 s at most: lease-break-time), which F_GETLEASE tells.
Verdict ask_kernel(int fd) {
    signal(SIGIO, SIG_IGN);  // sent to us when a process waits
    if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0) return Verdict::unused;
    return errno == EAGAIN || errno == EBUSY ? Verdict::used : Verdict::unknown;
}
//! [ask lease]

}  // namespace

void remove_name(const Object& object, const Unseen& unseen, bool is_forced) {
    const bool is_queue = object.kind == Kind::posix_queue;
    bool are_ours = false;  // either way: they are those that look() has seen
    const Folder top = is_queue ? open_queues(are_ours) : open_folder(AT_FDCWD, shm_folder);
    std::string name = file_name(object);
    const Folder folder = open_parent(top.fd(), name);
    const std::string what = escaped(target(object));
    const int fd = is_queue ? -1 : open_object(folder.fd(), name);
    const int error = errno;
    const shm::Cleanup close_fd([&] {
        if (fd != -1) close(fd);  // and with it the lease
    });
    if (!is_queue && fd == -1 && error == ENOENT) throw shm::Failure(what + ": is gone already");

    std::string reason = who_has(object);
    Verdict verdict = Verdict::unknown;
    if (fd != -1) verdict = ask_kernel(fd);
    if (fd == -1 && !is_queue && error == EWOULDBLOCK) verdict = Verdict::used;
    if (reason.empty() && verdict == Verdict::used) {
        reason = "a process that is not shown here has it mapped or open";
    }
    if (reason.empty() && verdict == Verdict::unknown && !is_certainly_unused(object, unseen)) {
        reason = why_hidden(unseen) + ": another process may have it";
    }
    if (!reason.empty() && !is_forced) refuse(object, reason);

    // Another object may have taken the name since we looked. Between this and the removal it
    // still may, and no call can exclude that: names are removed by name.
    if (!is_same(fd, folder.fd(), name, object)) {
        throw shm::Failure(what + ": another object has taken the name meanwhile; look again");
    }
    // A process that waits in open() has found the name, and gets the object without it.
    if (verdict == Verdict::unused && fcntl(fd, F_GETLEASE) != F_WRLCK) {
        reason = "a process is opening it at this moment";
        if (!is_forced) refuse(object, reason);
    }
    shm::check(unlinkat(folder.fd(), name.c_str(), 0), "unlink", what,
               "only its owner and root may: ls -l /dev/shm");
    if (!reason.empty()) shm::note("{}: {}; removed by --force", what, reason);
}

}  // namespace doctor
