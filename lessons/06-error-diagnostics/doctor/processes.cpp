#include "processes.hpp"

#include "posix.hpp"

#include "common/kernel/namespaces.hpp"
#include "common/program/descriptor.hpp"

#include <elf.h>       // AT_PHENT
#include <fcntl.h>     // openat
#include <sys/stat.h>  // fstatat
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace doctor {

namespace {

/// The first bytes of a file of /proc; "" where it may not be read, or is gone.
std::string start_of(int folder, const char* file) {
    const shm::Descriptor fd(openat(folder, file, O_RDONLY | O_CLOEXEC));
    std::array<char, 512> text{};
    const ssize_t got = fd.is_open() ? read(fd.get(), text.data(), text.size()) : -1;
    return {text.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::string program_of(int folder) {
    std::string program = start_of(folder, "comm");
    if (program.ends_with('\n')) program.pop_back();
    return program.empty() ? "?" : program;
}

ino_t pid_namespace_of(int folder) {
    struct stat facts = {};
    return fstatat(folder, "ns/pid", &facts, 0) == 0 ? facts.st_ino : 0;
}

/// Says whether pairs of such words hold the one that says how long a program header is.
template <class Word>
bool has_program_headers_of(const std::string& vector, Word bytes) {
    std::array<Word, 2> pair{};
    for (std::size_t at = 0; at + sizeof(pair) <= vector.size(); at += sizeof(pair)) {
        std::memcpy(pair.data(), vector.data() + at, sizeof(pair));
        if (pair[0] == AT_PHENT && pair[1] == bytes) return true;
    }
    return false;
}

/// What the kernel told the program when it began: /proc/PID/auxv, pairs of its words (man 5 proc).
/// The program's own file would say it as well (man 5 elf). But a read of it waits for ever where
/// it lies on a file server that is gone.
unsigned word_bits_of(int folder) {
    const std::string vector = start_of(folder, "auxv");
    if (has_program_headers_of<std::uint64_t>(vector, sizeof(Elf64_Phdr))) return 64;
    return has_program_headers_of<std::uint32_t>(vector, sizeof(Elf32_Phdr)) ? 32 : 0;
}

/// Where the process shows what all its threads have. Once its first thread has ended, /proc shows
/// no mappings and no namespaces there, and the descriptors to root only; a thread that lives shows
/// all three, to a process that may look into it.
std::string living_thread(int folder) {
    if (!has_ended(folder)) return ".";
    for (const std::string& name : open_folder(folder, "task").names().value_or(Names())) {
        std::string path = "task/" + name;
        const Folder thread = open_folder(folder, path.c_str());
        if (thread.fd() != -1 && !has_ended(thread.fd())) return path;
    }
    return ".";  // all have ended
}

bool has_sleepers_to_find(const Sight& sight) {
    return std::any_of(sight.objects.begin(), sight.objects.end(), [](const Object& object) {
        return object.kind == Kind::queue || object.kind == Kind::semaphore_set;
    });
}

}  // namespace

bool has_ended(int folder) {
    const std::string text = start_of(folder, "stat");
    const auto name_end = text.rfind(')');  // the name, of 15 bytes at most, may hold ')' too
    if (name_end == text.npos || name_end + 2 >= text.size()) return false;
    return text[name_end + 2] == 'Z' || text[name_end + 2] == 'X';
}

bool is_want(int error) {
    return error == EMFILE || error == ENFILE || error == ENOMEM;
}

void add_users(Sight& sight) {
    Unseen& unseen = sight.unseen;
    const bool with_waits = has_sleepers_to_find(sight);
    Index index(sight);
    const Folder all = open_folder(AT_FDCWD, "/proc");
    // With hidepid=invisible not even process 1 is listed, which always is there.
    unseen.hides_processes = all.fd() == -1 || faccessat(all.fd(), "1", F_OK, 0) == -1;
    unseen.is_inner = !shm::in_first_pid_namespace();
    const auto names = all.names();
    if (!names) {
        unseen.notes.emplace_back("/proc could not be read to its end: not all processes are seen");
        unseen.hides_processes = true;
    }
    for (const std::string& name : names.value_or(Names())) {
        Process process{};
        const auto read = std::from_chars(name.data(), name.data() + name.size(), process.user.pid);
        if (read.ptr != name.data() + name.size() || process.user.pid == getpid()) continue;
        const Folder folder = open_folder(all.fd(), name.c_str());
        if (folder.fd() == -1) {
            if (errno != ENOENT && errno != ESRCH) ++unseen.processes;  // else it has ended
            continue;
        }
        process.folder = folder.fd();
        process.user.program = program_of(folder.fd());
        const Folder shared = open_folder(folder.fd(), living_thread(folder.fd()).c_str());
        process.shared = shared.fd();  // -1 within if it has ended meanwhile: it shows nothing
        process.user.pid_namespace = pid_namespace_of(shared.fd());
        process.user.word_bits = word_bits_of(shared.fd());
        const bool has_shown_mappings = add_mappings(process, index);
        const bool has_shown_descriptors = add_descriptors(process, index);
        const bool is_seen = has_shown_mappings && has_shown_descriptors;
        if (!is_seen) ++unseen.processes;
        if (with_waits && !add_waits(process, index) && is_seen) ++unseen.sleepers;
    }
}

}  // namespace doctor
