#include "processes.hpp"

#include "posix.hpp"

#include <fcntl.h>  // openat
#include <sys/stat.h>
#include <sys/sysmacros.h>  // makedev
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace doctor {

namespace {

/// All of a file of /proc; nothing if that is not allowed, or memory is short. Read in large
/// pieces: a process may have 65,530 mappings.
std::optional<std::string> read_all(int at, const std::string& path) {
    const int fd = openat(at, path.c_str(), O_RDONLY | O_CLOEXEC);
    // ESRCH, ENOENT: it has ended meanwhile, and so has nothing.
    if (fd == -1)
        return errno == ESRCH || errno == ENOENT ? std::optional(std::string()) : std::nullopt;
    std::string text;
    constexpr std::size_t piece = std::size_t{1} << 16;
    for (;;) {
        const std::size_t before = text.size();
        text.resize(before + piece);
        const ssize_t got = read(fd, text.data() + before, piece);
        text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == -1 && is_want(errno)) {
            close(fd);
            return {};
        }
        if (got <= 0) break;  // any other error means that it has ended
    }
    close(fd);
    return text;
}

/// The next number of the line, and what follows it, less one character.
template <typename Number>
Number take(std::string_view& line, int base) {
    Number value = 0;
    const auto result = std::from_chars(line.data(), line.data() + line.size(), value, base);
    line.remove_prefix(static_cast<std::size_t>(result.ptr - line.data()));
    if (!line.empty()) line.remove_prefix(1);
    return value;
}

/// Of a memfd that is mapped and not open, only the mapping itself leads to the file (root only).
void learn(const Process& process, std::string_view range, Object& object) {
    struct stat facts = {};
    const std::string path = "map_files/" + std::string(range);
    if (object.size || fstatat(process.folder, path.c_str(), &facts, 0) == -1) return;
    object.size = static_cast<std::uint64_t>(facts.st_size);
    object.resident = static_cast<std::uint64_t>(facts.st_blocks) * 512;
    object.uid = facts.st_uid;
    object.gid = facts.st_gid;
    object.mode = facts.st_mode & 0777U;
}

//! [maps line]
/// One line: "7f1c2a000000-7f1c2a001000 rw-s 00000000 00:1b 16155      /dev/shm/name"
void read_line(std::string_view line, const Process& process, Index& index) {
    const std::string_view range = line.substr(0, line.find(' '));
    for (int skipped = 0; skipped < 3; ++skipped) {
        line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    }
    const auto major_number = take<unsigned>(line, 16);
    const auto minor_number = take<unsigned>(line, 16);
    const dev_t device = makedev(major_number, minor_number);
    if (!index.is_shared_memory(device)) return;
    const auto inode = take<ino_t>(line, 10);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    Object* object =
        index.find(device, inode, line, [&] { return process.is_in_our_ipc_namespace(); });
    if (object == nullptr) return;
    ++object->user(process.user).mappings;
    if (object->kind == Kind::memfd || object->kind == Kind::nameless) {
        learn(process, range, *object);
    }
}
//! [maps line]

}  // namespace

bool add_mappings(const Process& process, Index& index) {
    const auto text = read_all(process.shared, "maps");
    if (!text) return false;
    std::string_view rest = *text;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size() - 1);
        if (end != 0) read_line(rest.substr(0, end), process, index);
        rest.remove_prefix(end + 1);
    }
    return true;
}

}  // namespace doctor
