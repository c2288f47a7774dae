#include "left_behind.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/object.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/shell.hpp"  // object_for_shell
#include "common/program/stop.hpp"
#include "greeting.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // O_RDWR, F_OFD_SETLK, F_OFD_GETLK
#include <sys/mman.h>  // shm_unlink, PROT_READ

#include <cerrno>
#include <chrono>

using namespace std::chrono_literals;

namespace {

//! [two bytes]
struct Bytes {
    off_t first;
    off_t count;
};
// Two, since a newcomer that removes a dead writer's name holds a lock as well: with one byte for
// both, a reader would take that newcomer for the creator.
constexpr Bytes creator_byte = {.first = 0, .count = 1};  // locked: the creator lives
constexpr Bytes name_byte = {.first = 1, .count = 1};     // its holder may remove the name
constexpr Bytes both_bytes = {.first = 0, .count = 2};    // what a writer holds

struct ::flock write_lock(Bytes bytes) {
    struct ::flock range = {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = bytes.first;
    range.l_len = bytes.count;
    return range;
}

/// Takes the lock on all of these bytes. False: another process has one of them.
bool try_lock(int fd, Bytes bytes) {
    struct ::flock range = write_lock(bytes);
    return checked::fcntl(fd, F_OFD_SETLK, &range, checked::allow(EAGAIN, EACCES)) != -1;
}
//! [two bytes]

std::string left_text(const std::exception& error, const std::string& name) {
    return fmt::format("{}; {} is left behind: the next writer removes it, or: rm {}", error.what(),
                       name, shm::object_for_shell(name));
}

/// Says whether this object, whose writer does not live, may be removed: it holds a greeting, whole
/// or as far as its writer came. An empty object may be, too: no program loses anything by it.
bool may_be_removed(int fd, const std::string& name) {
    const auto size = static_cast<std::size_t>(checked::fstat(fd).st_size);
    if (size == 0) return true;  // its writer was killed before it could give the object a size
    if (size < sizeof(Greeting)) return false;
    void* memory = checked::mmap(nullptr, sizeof(Greeting), PROT_READ, MAP_SHARED, fd, 0);
    const shm::Cleanup unmap([&] { munmap(memory, sizeof(Greeting)); });
    const auto* found = static_cast<const Greeting*>(memory);
    return shm::is_published(found->header, greeting_layout, name) ||
           shm::is_unfinished(found->header, greeting_layout);
}

//! [free name]
/// Frees the name if no live process has it. False: a process holds the right to remove it.
bool try_to_free(const std::string& name) {
    const shm::Descriptor object = shm::open_object(name, O_RDWR, shm::Deadline::after(10s));
    if (!object.is_open()) return true;  // there is no such name
    const int fd = object.get();
    if (!shm::is_own_account(fd)) {
        throw shm::Failure(name + ": belongs to another user; choose another --name");
    }
    if (!try_lock(fd, name_byte)) return false;
    if (!shm::has_name(fd, name)) return true;  // another newcomer has freed it
    if (!may_be_removed(fd, name)) {
        throw shm::Failure(name +
                           ": holds another program's data; if no program needs it any more, "
                           "remove it: rm " +
                           shm::object_for_shell(name));
    }
    shm::note("{} was left behind by a process that is gone: removing it", name);
    checked::shm_unlink(name);
    return true;
}
//! [free name]

}  // namespace

void free_name_of_the_dead(const std::string& name) {
    // Another newcomer may have the lock for a moment, to do the same.
    const auto deadline = shm::Deadline::after(500ms);
    while (!try_to_free(name)) {
        if (deadline.passed()) {
            throw shm::Failure(
                fmt::format("{0}: a live process is using it; end that one first, or choose "
                            "another --name (who: fuser -v {1})",
                            name, shm::object_for_shell(name)));
        }
        shm::pause_for(1ms);
    }
}

//! [claim object]
void claim(int fd, const std::string& name) {
    // Before we had the lock another writer may have removed our name: so is it still ours?
    try {
        if (try_lock(fd, both_bytes) && shm::has_name(fd, name)) return;
    } catch (const shm::SystemError& error) {
        // Without the lock this process must not remove the name: a newcomer may be doing it.
        throw shm::Failure(left_text(error, name));
    }
    throw shm::Failure(name + ": another writer came at the same moment; start this one again");
}
//! [claim object]

//! [ask kernel]
bool creator_lives(int fd) {
    struct ::flock range = write_lock(creator_byte);
    checked::fcntl(fd, F_OFD_GETLK, &range);
    // The kernel has put there the lock that would block ours, or F_UNLCK: there is none.
    return range.l_type != F_UNLCK;
}
//! [ask kernel]

void remove_name(int fd, const std::string& name) {
    try {
        if (shm::has_name(fd, name)) checked::shm_unlink(name);
    } catch (const shm::SystemError& error) {
        throw shm::Failure(left_text(error, name));
    }
}
