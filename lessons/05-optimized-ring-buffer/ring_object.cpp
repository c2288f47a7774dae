#include "ring_object.hpp"

#include "common/kernel/reason.hpp"
#include "common/memory/object.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/wait_notice.hpp"

#include <fcntl.h>     // O_RDWR, posix_fallocate
#include <sys/file.h>  // flock
#include <sys/mman.h>  // shm_open, shm_unlink, mmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // close, geteuid

#include <algorithm>
#include <cerrno>
#include <chrono>

using shm::check;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t capacity = 1024;

/// Shared by all who use the object, or held by one alone. It ends with the process.
bool try_lock(int fd, int kind, const std::string& name) {
    if (flock(fd, kind | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) shm::fail(errno, "flock", name);
    return false;
}

}  // namespace

RingObject::RingObject(std::string name, const shm::Deadline& deadline) : name_(std::move(name)) {
    shm::WaitNotice notice(deadline.time());
    try {
        while (!try_to_open() && !try_to_create()) {
            close_all();
            notice.look("another process to remove " + name_,
                        "who it is: fuser -v /dev/shm" + name_);
            if (deadline.passed()) {
                throw shm::Failure(
                    fmt::format("{0}: another process has been removing it for too long; see who, "
                                "and whether it is stopped: fuser -v /dev/shm{0}",
                                name_));
            }
            shm::pause_for(1ms);
        }
    } catch (const shm::RingError& error) {
        close_all();
        throw shm::Failure(fmt::format(
            "{0}: {1}; choose another --name, or, if nobody needs it any more: rm /dev/shm{0}",
            name_, error.what()));
    } catch (...) {
        close_all();
        throw;
    }
}

bool RingObject::try_to_open() {
    //! [open ring]
    fd_ = shm_open(name_.c_str(), O_RDWR, 0);
    if (fd_ == -1 && errno == ENOENT) return false;
    check(fd_, "shm_open", name_, shm::why_shm_open, name_.c_str(), O_RDWR);
    struct stat object = {};
    check(fstat(fd_, &object), "fstat", name_);
    if (object.st_uid != geteuid()) {
        throw shm::Failure(name_ + ": belongs to another user; choose another --name");
    }
    const bool was_alone = try_lock(fd_, LOCK_EX, name_);  // nobody alive uses it
    // The name may have gone between the two: then the lock is on an object that nobody will find.
    if (!try_lock(fd_, LOCK_SH, name_) || !shm::has_name(fd_, name_)) return false;
    size_ = static_cast<std::size_t>(object.st_size);
    map();
    ring_ = shm::Ring<Number>::open(memory_, size_);
    if (was_alone) shm::note("{} was left by processes that are gone: goes on with it", name_);
    return true;
    //! [open ring]
}

bool RingObject::try_to_create() {
    if (fd_ != -1) return false;  // there is one, which is just being removed
    //! [create ring]
    fd_ = shm::create_nameless();
    size_ = shm::Ring<Number>::bytes(capacity);
    const auto length = static_cast<off_t>(size_);
    shm::check_returned(posix_fallocate(fd_, 0, length), "posix_fallocate", name_,
                        shm::why_posix_fallocate, fd_, 0, length);
    map();
    ring_ = shm::Ring<Number>::create(memory_, size_, capacity);
    return try_lock(fd_, LOCK_SH, name_) && shm::give_name(fd_, name_);  // whole, and in use
    //! [create ring]
}

void RingObject::map() {
    memory_ =
        mmap(nullptr, std::max<std::size_t>(size_, 1), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    shm::check_mapped(memory_, "mmap", name_, shm::why_mmap, size_, PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd_, 0);
}

void RingObject::close_all() {
    if (memory_ != nullptr && memory_ != MAP_FAILED)
        munmap(memory_, std::max<std::size_t>(size_, 1));
    memory_ = nullptr;
    ring_.reset();
    if (fd_ != -1) close(fd_);
    fd_ = -1;
}

RingObject::~RingObject() {
    //! [last out]
    try {
        // Alone? Then nobody else uses it, and whoever comes now waits until the name is gone.
        if (try_lock(fd_, LOCK_EX, name_) && shm::has_name(fd_, name_)) shm_unlink(name_.c_str());
    } catch (const std::exception& error) {
        shm::note_line(error.what());
    }
    //! [last out]
    close_all();
}
