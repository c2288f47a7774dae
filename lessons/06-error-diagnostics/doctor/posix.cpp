#include "posix.hpp"

#include <dirent.h>     // fdopendir
#include <fcntl.h>      // open
#include <sys/mount.h>  // fsopen
#include <sys/stat.h>   // fstatat
#include <sys/vfs.h>    // fstatfs
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace doctor {

namespace {

constexpr long tmpfs_number = 0x01021994;   // man 2 statfs
constexpr long mqueue_number = 0x19800202;  // likewise

/// The file of a queue says how many bytes wait in it: "QSIZE:12 NOTIFY:…" (man 7 mq_overview).
std::optional<std::uint64_t> bytes_in_queue(int folder, const std::string& name) {
    const int fd = openat(folder, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) return {};
    std::array<char, 128> text{};
    const ssize_t got = read(fd, text.data(), text.size() - 1);
    close(fd);
    constexpr std::string_view label = "QSIZE:";
    if (got <= 0 || !std::string_view(text.data()).starts_with(label)) return {};
    return std::strtoull(text.data() + label.size(), nullptr, 10);
}

bool is_file_system(int fd, long number) {
    struct statfs facts = {};
    return fd != -1 && fstatfs(fd, &facts) == 0 && facts.f_type == number;
}

/// Our IPC namespace's queues are files of a file system that need not be mounted anywhere: a
/// descriptor of it will do, and only root gets one. -1 where that is refused.
int open_own_queues() {
    const int type = fsopen("mqueue", FSOPEN_CLOEXEC);
    if (type == -1) return -1;
    int mounted = -1;
    if (fsconfig(type, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
        mounted = fsmount(type, FSMOUNT_CLOEXEC, 0);
    }
    close(type);
    if (mounted == -1) return -1;
    const int listing = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(mounted);
    return listing;
}

void add_queues(Sight& sight) {
    bool are_surely_ours = false;
    const Folder folder = open_queues(are_surely_ours);
    if (folder.fd() == -1) {
        sight.unseen.notes.emplace_back(
            "POSIX message queues: /dev/mqueue is not mounted, and only root sees them without "
            "(mount -t mqueue none /dev/mqueue)");
        return;
    }
    if (!are_surely_ours) {
        sight.unseen.notes.emplace_back(
            "POSIX message queues: those in /dev/mqueue are shown, which may be another IPC "
            "namespace's; only root can ask for our own");
    }
    const auto names = folder.names();
    if (!names) sight.unseen.notes.emplace_back("POSIX message queues: they could not be read");
    for (const std::string& name : names.value_or(Names())) {
        struct stat facts = {};
        if (fstatat(folder.fd(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == -1) continue;
        sight.objects.push_back({.kind = Kind::posix_queue,
                                 .name = name,
                                 .device = facts.st_dev,
                                 .inode = facts.st_ino,
                                 .uid = facts.st_uid,
                                 .gid = facts.st_gid,
                                 .mode = facts.st_mode & 0777U,
                                 .size = bytes_in_queue(folder.fd(), name),
                                 .links = facts.st_nlink});
    }
}

}  // namespace

Folder::~Folder() {
    if (fd_ != -1) close(fd_);
}

std::optional<Names> Folder::names() const {
    const int copy = fd_ == -1 ? -1 : openat(fd_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* listing = copy == -1 ? nullptr : fdopendir(copy);
    if (listing == nullptr) {
        const int error = errno;
        if (copy != -1) close(copy);
        errno = error;
        return {};
    }
    Names all;
    errno = 0;  // at the end it stays so
    while (const dirent* entry = readdir(listing)) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") all.emplace_back(name);
    }
    const int error = errno;
    closedir(listing);
    errno = error;
    return error == 0 ? std::optional(std::move(all)) : std::nullopt;
}

Folder open_folder(int at, const char* path) {
    return Folder(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Folder open_queues(bool& are_surely_ours) {
    const int own = open_own_queues();
    are_surely_ours = own != -1;
    if (own != -1) return Folder(own);
    const int fd = open("/dev/mqueue", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (is_file_system(fd, mqueue_number)) return Folder(fd);
    if (fd != -1) close(fd);
    return Folder(-1);
}

void add_posix(Sight& sight) {
    const Folder folder = open_folder(AT_FDCWD, shm_folder);
    if (folder.fd() == -1) {
        // That there is none is a finding, which findings_of_machine() has.
        if (errno != ENOENT && errno != ENOTDIR) {
            sight.unseen.notes.emplace_back("/dev/shm may not be looked into by this user");
        }
    } else if (!is_file_system(folder.fd(), tmpfs_number)) {
        sight.unseen.notes.emplace_back(
            "/dev/shm is not a tmpfs here: what lies there may be on a disk, not in memory");
    }
    add_objects(folder, sight);
    add_queues(sight);
    add_elsewhere(sight);
}

}  // namespace doctor
