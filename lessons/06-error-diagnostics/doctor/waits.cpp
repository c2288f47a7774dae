#include "processes.hpp"

#include "posix.hpp"

#include <fcntl.h>  // openat
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace doctor {

namespace {

constexpr unsigned our_word_bits = sizeof(void*) * 8;

/// The kind of thing that a system call waits for; none for all other calls.
std::optional<Kind> waits_for(long call) {
    switch (call) {
#ifdef SYS_semop
        case SYS_semop:
#endif
#ifdef SYS_semtimedop
        case SYS_semtimedop:
#endif
#ifdef SYS_semtimedop_time64  // 32 bits
        case SYS_semtimedop_time64:
#endif
            return Kind::semaphore_set;
        case SYS_msgsnd:
        case SYS_msgrcv:
            return Kind::queue;
        default:
            return {};
    }
}

/// Says whether it is the one call that machines like the PC of 32 bits have for all of System V,
/// and whose first argument says which is meant (man 2 ipc).
bool is_ipc([[maybe_unused]] long call) {
#ifdef SYS_ipc
    return call == SYS_ipc;
#else
    return false;
#endif
}

/// Likewise, by the first argument of ipc(). Its upper half is a version.
std::optional<Kind> ipc_waits_for(unsigned long first) {
    switch (first & 0xffffU) {  // linux/ipc.h, which the C library's headers do not go with
        case 1:                 // SEMOP
        case 4:                 // SEMTIMEDOP
            return Kind::semaphore_set;
        case 11:  // MSGSND
        case 12:  // MSGRCV
            return Kind::queue;
        default:
            return {};
    }
}

enum class Answer { seen, ended, refused };

/// What errno means: what has ended, even if it is still listed, waits for nothing.
Answer refusal(int threads, const std::string& thread) {
    if (errno == ESRCH) return Answer::ended;
    // ENOENT: the thread has ended, or this kernel does not show the calls of its threads.
    const Folder folder = open_folder(threads, thread.c_str());
    if (folder.fd() == -1 && (errno == ENOENT || errno == ESRCH)) return Answer::ended;
    return has_ended(folder.fd()) ? Answer::ended : Answer::refused;
}

//! [waiting call]
/// /proc/PID/task/TID/syscall: the number of the call that the thread sleeps in, then its
/// arguments; the first one is the id for all calls that matter here, but ipc().
Answer look_at(int threads, const std::string& thread, const Process& process, Index& index) {
    const std::string path = thread + "/syscall";
    const int fd = openat(threads, path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd == -1) return refusal(threads, thread);
    std::array<char, 256> text{};
    const ssize_t got = read(fd, text.data(), text.size() - 1);
    const int error = errno;
    close(fd);
    errno = error;
    if (got == -1) return refusal(threads, thread);
    long call = -1;
    unsigned long id = 0;
    unsigned long second = 0;
    // "running" where it does not sleep
    if (std::sscanf(text.data(), "%ld 0x%lx 0x%lx", &call, &id, &second) != 3) return Answer::seen;
    const auto kind = is_ipc(call) ? ipc_waits_for(id) : waits_for(call);
    if (is_ipc(call)) id = second;
    if (!kind || !process.is_in_our_ipc_namespace()) return Answer::seen;
    if (Object* object = index.find(*kind, static_cast<int>(id))) {
        object->user(process.user).is_waiting = true;
    }
    return Answer::seen;
}
//! [waiting call]

}  // namespace

bool add_waits(const Process& process, Index& index) {
    // The calls of a program of 32 bits have other numbers than those of one of 64.
    const unsigned bits = process.user.word_bits;
    if (bits != 0 && bits != our_word_bits) return false;
    const Folder threads = open_folder(process.folder, "task");
    if (threads.fd() == -1) return errno == ENOENT || errno == ESRCH;
    const auto names = threads.names();
    bool all = names || !is_want(errno);
    for (const std::string& thread : names.value_or(Names())) {
        all = look_at(threads.fd(), thread, process, index) != Answer::refused && all;
    }
    return all;
}

}  // namespace doctor
