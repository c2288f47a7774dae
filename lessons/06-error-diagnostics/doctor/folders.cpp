// What lies in /dev/shm, folders and all: only open() reaches what is in a folder, shm_open() does
// not, and its memory counts the same.
#include "names.hpp"
#include "posix.hpp"

#include "common/program/console.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // openat
#include <sys/stat.h>  // fstatat
#include <unistd.h>

#include <cerrno>

namespace doctor {

namespace {

constexpr std::string_view semaphore_start = "sem.";
constexpr unsigned deepest = 16;  // folders in folders; each is open while the next is read

/// What was found beside the objects, to be said once each.
struct Others {
    std::vector<std::string> closed;    ///< what could not be read, or lies too deep
    std::vector<std::string> no_files;  ///< FIFOs, links, sockets, devices
};

//! [object facts]
/// What the file system says of one object.
Object object_of(const struct stat& facts, const std::string& name) {
    return {.name = name,
            .device = facts.st_dev,
            .inode = facts.st_ino,
            .uid = facts.st_uid,
            .gid = facts.st_gid,
            .mode = facts.st_mode & 0777U,
            .size = static_cast<std::uint64_t>(facts.st_size),
            .resident = static_cast<std::uint64_t>(facts.st_blocks) * 512,  // man 3 stat
            .links = facts.st_nlink};
}
//! [object facts]

void add_file(const struct stat& facts, const std::string& name, bool is_in_a_folder,
              Sight& sight) {
    Object object = object_of(facts, name);
    if (!is_in_a_folder && name.starts_with(semaphore_start)) {
        object.kind = Kind::semaphore;
        object.name = name.substr(semaphore_start.size());
    }
    sight.objects.push_back(std::move(object));
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as `deepest`
void add_files(const Folder& folder, const std::string& prefix, unsigned depth, Sight& sight,
               Others& others) {
    const auto names = folder.names();
    if (!names) others.closed.push_back(prefix);
    for (const std::string& name : names.value_or(Names())) {
        struct stat facts = {};
        const std::string path = prefix + name;
        if (fstatat(folder.fd(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == -1) {
            // What vanishes while we look is no error.
            if (errno != ENOENT) others.closed.push_back(path);
            continue;
        }
        if (S_ISREG(facts.st_mode)) {
            add_file(facts, path, depth != 0, sight);
        } else if (!S_ISDIR(facts.st_mode)) {
            others.no_files.push_back(path);
        } else {
            const Folder inner = open_inner_folder(folder.fd(), name);
            if (inner.fd() == -1 && errno == ENOENT) continue;
            if (inner.fd() == -1 || depth == deepest) {
                others.closed.push_back(path);
            } else {
                add_files(inner, path + "/", depth + 1, sight, others);
            }
        }
    }
}

/// "/dev/shm/a", "/dev/shm/a, /dev/shm/b, /dev/shm/c and 4 more".
std::string list_text(const std::vector<std::string>& paths) {
    constexpr std::size_t most = 3;
    std::string text;
    for (std::size_t at = 0; at < std::min(most, paths.size()); ++at) {
        text += fmt::format("{}{}/{}", at == 0 ? "" : ", ", shm_folder, paths[at]);
    }
    if (paths.size() > most) text += fmt::format(" and {} more", paths.size() - most);
    return text;
}

}  // namespace

void add_objects(const Folder& folder, Sight& sight) {
    if (folder.fd() == -1) return;
    Others others;
    add_files(folder, "", 0, sight, others);
    auto& notes = sight.unseen.notes;
    if (!others.closed.empty()) {
        notes.push_back(
            fmt::format("{}, which could not be read, or too deep: {}",
                        shm::count_text(others.closed.size(), "file or folder", "files or folders"),
                        list_text(others.closed)));
    }
    if (!others.no_files.empty()) {
        notes.push_back(
            fmt::format("{}, a FIFO, link, socket or device: {}",
                        shm::count_text(others.no_files.size(), "thing that is no object",
                                        "things that are no objects"),
                        list_text(others.no_files)));
    }
}

Folder open_inner_folder(int at, const std::string& name) {
    return Folder(openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Folder open_parent(int folder, std::string& name) {
    int at = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (auto slash = name.find('/'); at != -1 && slash != name.npos; slash = name.find('/')) {
        const Folder outer(at);
        at = openat(outer.fd(), name.substr(0, slash).c_str(),
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        name.erase(0, slash + 1);
    }
    return Folder(at);
}

std::string file_name(const Object& object) {
    const bool is_semaphore = object.kind == Kind::semaphore;
    return is_semaphore ? std::string(semaphore_start) + object.name : object.name;
}

}  // namespace doctor
