#include "processes.hpp"

#include "posix.hpp"

#include <fcntl.h>  // openat
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace doctor {

namespace {

std::string program_of(int folder) {
    const int fd = openat(folder, "comm", O_RDONLY | O_CLOEXEC);
    if (fd == -1) return "?";
    std::array<char, 64> text{};
    const ssize_t got = read(fd, text.data(), text.size());
    close(fd);
    std::string program(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (program.ends_with('\n')) program.pop_back();
    return program;
}

/// In the first pid namespace of the machine everybody is listed (PROC_PID_INIT_INO of the kernel).
bool is_first_pid_namespace() {
    std::array<char, 64> text{};
    return readlink("/proc/self/ns/pid", text.data(), text.size() - 1) != -1 &&
           std::string_view(text.data()) == "pid:[4026531836]";
}

bool has_sleepers_to_find(const Sight& sight) {
    return std::any_of(sight.objects.begin(), sight.objects.end(), [](const Object& object) {
        return object.kind == Kind::queue || object.kind == Kind::semaphore_set;
    });
}

}  // namespace

void add_users(Sight& sight) {
    Unseen& unseen = sight.unseen;
    const bool with_waits = has_sleepers_to_find(sight);
    Index index(sight);
    const Folder all = open_folder(AT_FDCWD, "/proc");
    if (all.fd() == -1) unseen.notes.emplace_back("/proc cannot be read: nobody is seen");
    // With hidepid=invisible not even process 1 is listed, which always is there.
    unseen.hides_processes = all.fd() == -1 || faccessat(all.fd(), "1", F_OK, 0) == -1;
    unseen.is_inner = !is_first_pid_namespace();
    for (const std::string& name : all.names()) {
        Process process{};
        const auto read = std::from_chars(name.data(), name.data() + name.size(), process.pid);
        if (read.ptr != name.data() + name.size() || process.pid == getpid()) continue;
        const Folder folder = open_folder(all.fd(), name.c_str());
        if (folder.fd() == -1) continue;  // it has ended
        process.folder = folder.fd();
        process.program = program_of(folder.fd());
        const bool has_shown_mappings = add_mappings(process, index);
        const bool has_shown_descriptors = add_descriptors(process, index);
        if (!has_shown_mappings || !has_shown_descriptors) ++unseen.processes;
        if (with_waits && !add_waits(process, index)) ++unseen.sleepers;
    }
}

}  // namespace doctor
