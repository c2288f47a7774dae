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
#include <optional>
#include <vector>

namespace harness {

namespace {

/// Where the process maps the first of the bytes, at several places if it maps them so.
std::vector<std::uintptr_t> addresses(pid_t pid, const Access& access) {
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
        const std::string path_name = "/dev/shm" + access.object;
        const bool is_it = name == path_name || name == path_name + " (deleted)";
        if (is_it && offset <= access.at && access.at + access.count <= offset + (end - begin)) {
            found.push_back(static_cast<std::uintptr_t>(begin + (access.at - offset)));
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
void set_watchpoints(pid_t pid, const std::vector<std::uintptr_t>& at, const Access& access) {
    const std::uintptr_t kind = access.writes ? 1 : 3;
    const std::size_t bytes = access.count;
    const std::uintptr_t length = bytes == 8 ? 2 : bytes - 1;  // so they are written: 1, 2, 8, 4
    std::uintptr_t control = 0;
    set(pid, control_register, 0);  // else an address is judged by the length that was set before
    for (std::size_t i = 0; i < std::min(at.size(), most_watched); ++i) {
        set(pid, i, at[i]);
        control |= std::uintptr_t{1} << (2 * i);
        control |= (kind | length << 2) << (16 + 4 * i);
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
    ptrace(PTRACE_POKEUSER, pid, place(control_register), std::uintptr_t{0});
}

#else

void set_watchpoints(pid_t, const std::vector<std::uintptr_t>&, const Access&) {
    throw shm::SystemError(ENOSYS, "ptrace", "a watchpoint: x86 processors only");
}

bool is_at_watchpoint(pid_t) {
    return false;
}

void clear_watchpoints(pid_t) {}

#endif

/// Why a traced process stands still.
struct Stop {
    int event;   ///< of ptrace; 0: the signal alone
    int signal;  ///< that it is about to get, or that belongs to the event
};

/// Says whether a signal, such as SIGSTOP, has stopped it (man 2 ptrace: group-stop).
bool is_stopped_by_signal(const Stop& stop) {
    return stop.event == PTRACE_EVENT_STOP && (stop.signal == SIGSTOP || stop.signal == SIGTSTP ||
                                               stop.signal == SIGTTIN || stop.signal == SIGTTOU);
}

/// Lets a traced process go on from a stop, with the signal that it was about to get; where a
/// signal has stopped it, it stays so until SIGCONT.
void pass_on(pid_t pid, const Stop& stop) {
    if (is_stopped_by_signal(stop)) {
        ptrace(PTRACE_LISTEN, pid, nullptr, nullptr);
        return;
    }
    const std::uintptr_t given = stop.event != 0 ? 0 : static_cast<std::uintptr_t>(stop.signal);
    ptrace(PTRACE_CONT, pid, nullptr, given);
}

/// Says whether it has come to what is watched.
bool is_at_touch(pid_t pid, const Stop& stop) {
    return stop.event == 0 && stop.signal == SIGTRAP && is_at_watchpoint(pid);
}

bool has_ended(pid_t pid) {
    siginfo_t info = {};
    return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
           info.si_pid != 0;
}

/// Waits until the process, which was told to, stops. Returns nothing if it has ended, and leaves
/// its status to be waited for.
std::optional<Stop> wait_for_stop(pid_t pid) {
    for (;;) {
        siginfo_t info = {};
        // First without taking it: one that has ended is reaped by others.
        if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WSTOPPED | WNOWAIT) == -1) {
            if (errno == EINTR) continue;
            throw shm::SystemError(errno, "waitid", fmt::format("process {}", pid));
        }
        if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) return {};
        info = {};
        if (waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOHANG) == -1) continue;
        if (info.si_pid == 0) continue;  // it was killed in between
        const Stop stop = {info.si_status >> 8, info.si_status & 0xff};
        if (stop.event == PTRACE_EVENT_STOP || is_at_touch(pid, stop)) return stop;
        pass_on(pid, stop);
    }
}

/// Says whether a process that stands still does so in a system call.
bool is_in_call(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/syscall", pid));
    std::string number;
    return file >> number && number != "-1" && number != "running";
}

/// Says whether a call of ptrace failed because the process has ended, or is about to.
bool is_gone(const std::system_error& error, pid_t pid) {
    const int code = error.code().value();
    return code == ESRCH || (code == EPERM && has_ended(pid));
}

/// Begins to trace it, and stops it. Returns nothing if it has ended.
std::optional<Stop> seize(pid_t pid) {
    const std::string who = fmt::format("process {}", pid);
    try {
        shm::check(ptrace(PTRACE_SEIZE, pid, nullptr, nullptr), "ptrace", who);
        shm::check(ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr), "ptrace", who);
    } catch (const std::system_error& error) {
        if (is_gone(error, pid)) return {};
        throw;
    }
    return wait_for_stop(pid);
}

/// Has one that stands still go on, and stop when it touches one of the bytes. Returns
/// false, and leaves it as it is, if it does not map them, or is gone.
bool go_on_watched(pid_t pid, const Access& access, const Stop& stop) {
    const std::vector<std::uintptr_t> at = addresses(pid, access);
    if (at.empty()) return false;
    try {
        set_watchpoints(pid, at, access);
    } catch (const std::system_error& error) {
        if (is_gone(error, pid)) return false;
        end_watch(pid);
        throw;
    }
    pass_on(pid, is_at_touch(pid, stop) ? Stop{0, 0} : stop);
    return true;
}

/// In a child: reads what is watched, once it was told to.
[[noreturn]] void try_to_be_watched(const std::atomic<int>& number, const int (&told)[2]) {
    char byte = 0;
    close(told[1]);  // so that it ends if nobody is left to tell it
    if (read(told[0], &byte, 1) != 1) _exit(1);
    _exit(number.load(std::memory_order_relaxed));
}

}  // namespace

bool is_watched(const Process& process) {
    return std::any_of(process.holds.begin(), process.holds.end(),
                       [](const Hold& hold) { return hold.before.empty(); });
}

bool uses_watch(const Scene& scene) {
    return std::any_of(scene.processes.begin(), scene.processes.end(), is_watched);
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
        shm::check(pipe2(told, O_CLOEXEC), "pipe2", "a trial");
        const shm::Descriptor read_end(told[0]);
        const shm::Descriptor write_end(told[1]);
        pid = checked::fork();
        if (pid == 0) try_to_be_watched(*number, told);
        if (!watch(pid, {name, 0, sizeof *number, false}))
            throw shm::SystemError(ESRCH, "maps", name);
        shm::check(write(told[1], "", 1), "write", "a trial");
        int status = 0;
        do {
            while (waitpid(pid, &status, 0) == -1 && errno == EINTR) continue;
        } while (WIFSTOPPED(status) && !has_touched(pid, status));
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

bool watch(pid_t pid, const Access& access) {
    if (addresses(pid, access).empty()) return false;
    const std::optional<Stop> stop = seize(pid);
    if (!stop) return false;
    if (go_on_watched(pid, access, *stop)) return true;
    end_watch(pid);
    return false;
}

bool stop_asleep(pid_t pid) {
    std::optional<Stop> stop = seize(pid);
    constexpr int most = 200;  // a loop that looks each millisecond sleeps nearly always
    for (int tries = 0; stop && !is_in_call(pid) && tries < most; ++tries) {
        pass_on(pid, *stop);
        usleep(100);
        if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == -1) return false;
        stop = wait_for_stop(pid);
    }
    return stop.has_value();
}

bool watch_on(pid_t pid, const Access& access) {
    return go_on_watched(pid, access, {0, 0});
}

bool has_touched(pid_t pid, int status) {
    const Stop stop = {status >> 16, WSTOPSIG(status)};
    if (is_at_touch(pid, stop)) return true;
    pass_on(pid, stop);
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
