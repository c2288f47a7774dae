#include "tests/harness/watch.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/descriptor.hpp"

#include <fmt/core.h>

#include <fcntl.h>  // O_CREAT
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>  // struct user
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>  // sscanf
#include <fstream>
#include <new>
#include <vector>

namespace harness {

namespace {

/// Where the process maps the first of the bytes, at several places if it maps them so.
std::vector<std::uintptr_t> addresses(pid_t pid, const Bytes& bytes) {
    std::vector<std::uintptr_t> found;
    std::ifstream file(fmt::format("/proc/{}/maps", pid));
    for (std::string line; std::getline(file, line);) {
        unsigned long long begin = 0, end = 0, offset = 0;
        int path = 0;
        if (std::sscanf(line.c_str(), "%llx-%llx %*s %llx %*s %*s %n", &begin, &end, &offset,
                        &path) != 3) {
            continue;
        }
        const std::string name = line.substr(static_cast<std::size_t>(path));
        const std::string path_name = "/dev/shm" + bytes.object;
        const bool is_it = name == path_name || name == path_name + " (deleted)";
        if (is_it && offset <= bytes.at && bytes.at + bytes.count <= offset + (end - begin)) {
            found.push_back(static_cast<std::uintptr_t>(begin + (bytes.at - offset)));
        }
    }
    return found;
}

#if defined(__x86_64__) || defined(__i386__)

constexpr std::size_t most_watched = 4;  // the processor has four such registers
constexpr std::size_t status_register = 6;
constexpr std::size_t control_register = 7;

/// Where ptrace finds a debug register.
constexpr std::size_t place(std::size_t number) {
    return offsetof(user, u_debugreg) + number * sizeof(user::u_debugreg[0]);
}

void set(pid_t pid, std::size_t number, std::uintptr_t value) {
    shm::check(ptrace(PTRACE_POKEUSER, pid, place(number), value), "ptrace", "a debug register");
}

/// Sets a watchpoint at each address. The processor has none for reading alone.
void set_watchpoints(pid_t pid, const std::vector<std::uintptr_t>& at, std::size_t bytes) {
    constexpr std::uintptr_t read_or_write = 3;
    const std::uintptr_t length = bytes == 8 ? 2 : bytes - 1;  // so they are written: 1, 2, 8, 4
    std::uintptr_t control = 0;
    for (std::size_t i = 0; i < std::min(at.size(), most_watched); ++i) {
        set(pid, i, at[i]);
        control |= std::uintptr_t{1} << (2 * i);
        control |= (read_or_write | length << 2) << (16 + 4 * i);
    }
    set(pid, status_register, 0);  // it keeps what it said before
    set(pid, control_register, control);
}

bool is_at_watchpoint(pid_t pid) {
    errno = 0;
    const long status = ptrace(PTRACE_PEEKUSER, pid, place(status_register), nullptr);
    return errno == 0 && (status & ((1 << most_watched) - 1)) != 0;
}

void clear_watchpoints(pid_t pid) {
    ptrace(PTRACE_POKEUSER, pid, place(control_register), 0);
}

#else

void set_watchpoints(pid_t, const std::vector<std::uintptr_t>&, std::size_t) {
    throw shm::SystemError(ENOSYS, "ptrace", "a watchpoint: x86 processors only");
}

bool is_at_watchpoint(pid_t) {
    return false;
}

void clear_watchpoints(pid_t) {}

#endif

/// Lets a traced process go on from a stop, with the signal that it was about to get.
void pass_on(pid_t pid, int status) {
    const bool is_event = (status >> 16) != 0;  // one of ptrace's own stops: there is no signal
    ptrace(PTRACE_CONT, pid, nullptr, is_event ? 0 : WSTOPSIG(status));
}

/// Waits until the process, which was told to, stops. Returns false if it has ended, and leaves its
/// status to be waited for.
bool wait_for_stop(pid_t pid) {
    for (;;) {
        siginfo_t info = {};
        if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WSTOPPED | WNOWAIT) == -1) {
            if (errno == EINTR) continue;
            throw shm::SystemError(errno, "waitid", fmt::format("process {}", pid));
        }
        if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) return false;
        int status = 0;
        if (waitpid(pid, &status, 0) != pid) continue;
        if (status >> 16 == PTRACE_EVENT_STOP) return true;
        pass_on(pid, status);
    }
}

/// In a child: reads what is watched, once it was told to.
[[noreturn]] void try_to_be_watched(const std::atomic<int>& number, int told) {
    char byte = 0;
    if (read(told, &byte, 1) != 1) _exit(1);
    _exit(number.load(std::memory_order_relaxed));
}

}  // namespace

bool uses_watch(const Scene& scene) {
    return std::any_of(scene.processes.begin(), scene.processes.end(), [](const Process& process) {
        return std::any_of(process.holds.begin(), process.holds.end(),
                           [](const Hold& hold) { return hold.after_read.has_value(); });
    });
}

std::string why_not_watched() {
    const std::string name = fmt::format("/harness-watch-{}", getpid());
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    std::string why;
    pid_t pid = -1;
    try {
        checked::ftruncate(object.get(), sizeof(std::atomic<int>));
        auto* number = new (checked::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                                          MAP_SHARED, object.get(), 0)) std::atomic<int>(0);
        int told[2];
        shm::check(pipe(told), "pipe", "a trial");
        const shm::Descriptor read_end(told[0]);
        const shm::Descriptor write_end(told[1]);
        pid = checked::fork();
        if (pid == 0) try_to_be_watched(*number, told[0]);
        if (!watch(pid, {name, 0, sizeof *number})) throw shm::SystemError(ESRCH, "maps", name);
        shm::check(write(told[1], "", 1), "write", "a trial");
        int status = 0;
        do {
            while (waitpid(pid, &status, 0) == -1 && errno == EINTR) continue;
        } while (WIFSTOPPED(status) && !has_read(pid, status));
        if (!WIFSTOPPED(status)) {
            why = "it read what was watched, and did not stop";
            pid = -1;
        }
        munmap(number, sizeof *number);
    } catch (const std::system_error& error) {
        why = error.what();
    }
    if (pid > 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, nullptr, 0) == -1 && errno == EINTR) continue;
    }
    shm_unlink(name.c_str());
    return why.empty() ? "" : "no process can be held after it has read a number here: " + why;
}

bool watch(pid_t pid, const Bytes& bytes) {
    if (addresses(pid, bytes).empty()) return false;
    const std::string who = fmt::format("process {}", pid);
    shm::check(ptrace(PTRACE_SEIZE, pid, nullptr, nullptr), "ptrace", who);
    shm::check(ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr), "ptrace", who);
    if (!wait_for_stop(pid)) return false;
    try {
        if (watch_on(pid, bytes)) return true;
        end_watch(pid);
        return false;
    } catch (const std::system_error&) {
        end_watch(pid);
        throw;
    }
}

bool watch_on(pid_t pid, const Bytes& bytes) {
    const std::vector<std::uintptr_t> at = addresses(pid, bytes);
    if (at.empty()) return false;
    set_watchpoints(pid, at, bytes.count);
    ptrace(PTRACE_CONT, pid, nullptr, nullptr);
    return true;
}

bool has_read(pid_t pid, int status) {
    const bool is_trap = status >> 16 == 0 && WSTOPSIG(status) == SIGTRAP;
    if (is_trap && is_at_watchpoint(pid)) return true;
    pass_on(pid, status);
    return false;
}

void end_watch(pid_t pid) {
    clear_watchpoints(pid);
    ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
}

void stop_watch(pid_t pid) {
    if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0 && wait_for_stop(pid)) end_watch(pid);
}

}  // namespace harness
