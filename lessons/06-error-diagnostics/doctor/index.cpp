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

}  // namespace

Index::Index(Sight& sight) : sight_(sight) {
    struct stat facts = {};
    if (stat(shm_folder, &facts) == 0) devices_.insert(folder_ = facts.st_dev);
    // The kernel's own file systems have no name; a file of ours in each tells their numbers.
    for (const unsigned flags :
         {0U, MFD_HUGETLB, MFD_HUGETLB | (21U << static_cast<unsigned>(MAP_HUGE_SHIFT)),
          MFD_HUGETLB | (30U << MAP_HUGE_SHIFT)}) {
        const int fd = memfd_create("doctor", flags | MFD_CLOEXEC);
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
    if (known != files_.end()) return &sight_.objects[known->second];
    if (kernels_.count(device) != 0 && path.starts_with(memfd_start)) {
        return add(Kind::memfd, device, inode, path.substr(memfd_start.size()));
    }
    if (device == folder_ && path.ends_with(deleted)) {
        const auto name = path.rfind('/');
        return add(Kind::nameless, device, inode, path.substr(name == path.npos ? 0 : name + 1));
    }
    return nullptr;
}
//! [find object]

Object* Index::find(Kind kind, int id) {
    const auto known = ids_.find({kind, id});
    return known == ids_.end() ? nullptr : &sight_.objects[known->second];
}

Object* Index::add(Kind kind, dev_t device, ino_t inode, std::string_view path) {
    if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
    files_[{device, inode}] = sight_.objects.size();
    return &sight_.objects.emplace_back(
        Object{.kind = kind, .name = with_newlines(path), .device = device, .inode = inode});
}

bool Process::is_in_our_ipc_namespace() const {
    struct stat theirs = {};
    struct stat ours = {};
    return fstatat(shared, "ns/ipc", &theirs, 0) == 0 && stat("/proc/self/ns/ipc", &ours) == 0 &&
           theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

}  // namespace doctor
