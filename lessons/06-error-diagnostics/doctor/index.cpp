#include "processes.hpp"

#include "posix.hpp"

#include <sys/mman.h>  // memfd_create, MAP_HUGE_SHIFT: its flags have the same bits
#include <sys/stat.h>  // fstat, stat
#include <unistd.h>

namespace doctor {

namespace {

constexpr std::string_view deleted = " (deleted)";
constexpr std::string_view memfd_start = "/memfd:";
constexpr std::string_view segment_start = "/SYSV";

/// /proc/PID/maps writes a newline as \012, since its own lines end there.
std::string with_newlines(std::string_view text) {
    constexpr std::string_view escape = "\\012";
    std::string plain;
    for (auto at = text.find(escape); at != text.npos; at = text.find(escape)) {
        plain.append(text.substr(0, at)).push_back('\n');
        text.remove_prefix(at + escape.size());
    }
    return plain.append(text);
}

/// What it is, or was, called: of "/dev/shm/d/x (deleted)" it is "d/x", of "/memfd:x" it is "x".
std::string name_of(std::string_view path) {
    if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
    const std::string folder = std::string(shm_folder) + "/";
    if (path.starts_with(memfd_start)) {
        path.remove_prefix(memfd_start.size());
    } else if (path.starts_with(folder)) {
        path.remove_prefix(folder.size());
    } else {                                      // another mount namespace may have it elsewhere
        path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
    }
    return with_newlines(path);
}

}  // namespace

Index::Index(Sight& sight) : sight_(sight) {
    struct stat facts = {};
    if (stat(shm_folder, &facts) == 0) devices_.insert(folder_ = facts.st_dev);
    // The kernel's own file systems have no name; a file of ours in each tells their numbers.
    for (const unsigned flags :
         {0U, MFD_HUGETLB, MFD_HUGETLB | (21U << static_cast<unsigned>(MAP_HUGE_SHIFT)),
          MFD_HUGETLB | (30U << MAP_HUGE_SHIFT)}) {
        const int fd = memfd_create("doctor", flags | MFD_CLOEXEC);
        if (fd == -1 && flags == 0) {
            sight.unseen.notes.emplace_back(
                "memfds, and who has segments attached: memfd_create is not to be had here");
        }
        if (fd == -1) continue;  // no huge pages of that size on this machine
        if (fstat(fd, &facts) == 0) kernels_.insert(facts.st_dev);
        close(fd);
    }
    devices_.insert(kernels_.begin(), kernels_.end());
    for (std::size_t place = 0; place < sight.objects.size(); ++place) {
        const Object& object = sight.objects[place];
        if (object.id != -1) {
            ids_[{object.kind, object.id}] = place;
        } else {
            files_.try_emplace({object.device, object.inode}, place);
            devices_.insert(object.device);
        }
    }
}

//! [find object]
Object* Index::find(dev_t device, ino_t inode, std::string_view path,
                    const std::function<bool()>& in_our_ipc_namespace) {
    if (kernels_.count(device) != 0 && path.starts_with(segment_start)) {
        // Another IPC namespace has segments with the same ids.
        return in_our_ipc_namespace() ? find(Kind::segment, static_cast<int>(inode)) : nullptr;
    }
    // By device and inode, never by the path: another mount namespace has its own /dev/shm.
    const auto known = files_.find({device, inode});
    if (known != files_.end()) {
        Object& object = sight_.objects[known->second];
        // Made with O_TMPFILE, it is "#16155" to its maker for ever, and to others what it was
        // called.
        if (object.kind == Kind::nameless && object.name.starts_with('#')) {
            object.name = name_of(path);
        }
        return &object;
    }
    if (kernels_.count(device) != 0 && path.starts_with(memfd_start)) {
        return add(Kind::memfd, device, inode, name_of(path));
    }
    if (device == folder_ && path.ends_with(deleted)) {
        return add(Kind::nameless, device, inode, name_of(path));
    }
    return nullptr;
}
//! [find object]

Object* Index::find(Kind kind, int id) {
    const auto known = ids_.find({kind, id});
    return known == ids_.end() ? nullptr : &sight_.objects[known->second];
}

Object* Index::add(Kind kind, dev_t device, ino_t inode, const std::string& name) {
    files_[{device, inode}] = sight_.objects.size();
    return &sight_.objects.emplace_back(
        Object{.kind = kind, .name = name, .device = device, .inode = inode});
}

bool Process::is_in_our_ipc_namespace() const {
    struct stat theirs = {};
    struct stat ours = {};
    return fstatat(shared, "ns/ipc", &theirs, 0) == 0 && stat("/proc/self/ns/ipc", &ours) == 0 &&
           theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

}  // namespace doctor
