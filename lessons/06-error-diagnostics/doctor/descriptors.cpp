#include "processes.hpp"

#include "posix.hpp"

#include <fcntl.h>          // openat, F_GET_SEALS
#include <sys/stat.h>       // statx
#include <sys/sysmacros.h>  // makedev
#include <unistd.h>         // readlinkat

#include <array>
#include <cerrno>
#include <climits>

namespace doctor {

namespace {

/// What only an open descriptor of a memfd tells: its seals (man 2 F_GET_SEALS).
void learn(int descriptors, const std::string& number, const struct statx& facts, Object& object) {
    object.size = facts.stx_size;
    object.resident = facts.stx_blocks * 512;
    object.uid = facts.stx_uid;
    object.gid = facts.stx_gid;
    object.mode = facts.stx_mode & 0777U;
    if (object.seals || object.kind != Kind::memfd) return;
    const int fd = openat(descriptors, number.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1) return;  // closed meanwhile, or not allowed
    const int seals = fcntl(fd, F_GET_SEALS);
    close(fd);
    if (seals != -1) object.seals = seals;
}

/// @returns false if it could not be looked at, for want of memory
bool look_at(int descriptors, const std::string& number, const Process& process, Index& index) {
    struct statx facts = {};
    // DONT_SYNC: a descriptor of a file on a dead server must not stop us.
    if (statx(descriptors, number.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS,
              &facts) == -1) {
        return !is_want(errno);  // closed meanwhile
    }
    const dev_t device = makedev(facts.stx_dev_major, facts.stx_dev_minor);
    if (!S_ISREG(facts.stx_mode) || !index.is_shared_memory(device)) return true;
    std::array<char, PATH_MAX> path{};
    const ssize_t length = readlinkat(descriptors, number.c_str(), path.data(), path.size());
    if (length == -1) return !is_want(errno);
    Object* object = index.find(device, static_cast<ino_t>(facts.stx_ino),
                                {path.data(), static_cast<std::size_t>(length)},
                                [&] { return process.is_in_our_ipc_namespace(); });
    if (object == nullptr) return true;
    object->user(process.user).has_open = true;
    if (object->kind == Kind::memfd || object->kind == Kind::nameless) {
        learn(descriptors, number, facts, *object);
    }
    return true;
}

}  // namespace

bool add_descriptors(const Process& process, Index& index) {
    const Folder descriptors = open_folder(process.shared, "fd");
    if (descriptors.fd() == -1) return errno == ENOENT || errno == ESRCH;  // it has ended
    const auto numbers = descriptors.names();
    bool all = numbers || !is_want(errno);
    for (const std::string& number : numbers.value_or(Names())) {
        all = look_at(descriptors.fd(), number, process, index) && all;
    }
    return all;
}

}  // namespace doctor
