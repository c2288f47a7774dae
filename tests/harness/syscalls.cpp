#include "tests/harness/syscalls.hpp"

#include <fmt/core.h>

#include <fcntl.h>    // F_OFD_SETLK
#include <sys/sem.h>  // SETVAL
#include <sys/syscall.h>
#include <unistd.h>  // sysconf

#include <algorithm>
#include <array>
#include <cstdlib>  // strtoull
#include <fstream>
#include <optional>
#include <sstream>

namespace harness {

namespace {

constexpr int never = -1;   // the call has no time limit
constexpr int always = -2;  // it has one, always

struct Call {
    long number;
    const char* name;        // as strace prints it
    const char* family;      // which one of a family is called is up to the C library
    int limit = never;       // which argument is the time limit, from 0; 0 there is none,
    bool is_number = false;  // or, where it is a number and no address, one below 0
};

// Some processors lack some of these.
constexpr Call calls[] = {
#ifdef SYS_semtimedop
    {SYS_semtimedop, "semtimedop", "semop", 3},
#endif
#ifdef SYS_semop
    {SYS_semop, "semop", "semop"},
#endif
    {SYS_futex, "futex", "futex", 3},
    {SYS_openat, "openat", "open"},  // of a FIFO that no process has opened at its other end
    {SYS_read, "read", "read"},
    {SYS_write, "write", "write"},
    {SYS_writev, "writev", "write"},
    {SYS_ppoll, "ppoll", "poll", 2},
#ifdef SYS_poll
    {SYS_poll, "poll", "poll", 2, true},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, "epoll_wait", "epoll_wait", 3, true},
#endif
    {SYS_epoll_pwait, "epoll_pwait", "epoll_wait", 3, true},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, "epoll_pwait2", "epoll_wait", 3},
#endif
    {SYS_pselect6, "pselect6", "select", 4},
#ifdef SYS_select
    {SYS_select, "select", "select", 4},
#endif
#ifdef SYS_pause
    {SYS_pause, "pause", "pause"},
#endif
    {SYS_nanosleep, "nanosleep", "nanosleep", always},
    {SYS_clock_nanosleep, "clock_nanosleep", "nanosleep", always},
    {SYS_wait4, "wait4", "wait"},
    {SYS_waitid, "waitid", "wait"},
    {SYS_fcntl, "fcntl", "fcntl"},
#ifdef SYS_fcntl64  // 32 bits
    {SYS_fcntl64, "fcntl64", "fcntl"},
#endif
    {SYS_flock, "flock", "flock"},
    {SYS_msgrcv, "msgrcv", "msgrcv"},
    {SYS_msgsnd, "msgsnd", "msgsnd"},
    {SYS_mq_timedreceive, "mq_timedreceive", "mq_timedreceive", 4},
    {SYS_mq_timedsend, "mq_timedsend", "mq_timedsend", 4},
    {SYS_rt_sigsuspend, "rt_sigsuspend", "pause"},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", "rt_sigtimedwait", 2},
    {SYS_accept4, "accept4", "accept"},
    {SYS_recvmsg, "recvmsg", "recvmsg"},
    {SYS_recvfrom, "recvfrom", "recvfrom"},
    {SYS_connect, "connect", "connect"},
#ifdef SYS_futex_time64  // 32 bits: these are other calls where a time has 64
    {SYS_semtimedop_time64, "semtimedop_time64", "semop", 3},
    {SYS_futex_time64, "futex_time64", "futex", 3},
    {SYS_ppoll_time64, "ppoll_time64", "poll", 2},
    {SYS_pselect6_time64, "pselect6_time64", "select", 4},
    {SYS_clock_nanosleep_time64, "clock_nanosleep_time64", "nanosleep", always},
    {SYS_mq_timedreceive_time64, "mq_timedreceive_time64", "mq_timedreceive", 4},
    {SYS_mq_timedsend_time64, "mq_timedsend_time64", "mq_timedsend", 4},
    {SYS_rt_sigtimedwait_time64, "rt_sigtimedwait_time64", "rt_sigtimedwait", 2},
#endif
};

// These never sleep.
constexpr Call more_calls[] = {
#ifdef SYS_semctl  // else they are variants of one call, ipc
    {SYS_semget, "semget", "semget"}, {SYS_semctl, "semctl", "semctl"},
    {SYS_shmget, "shmget", "shmget"}, {SYS_shmat, "shmat", "shmat"},
    {SYS_shmctl, "shmctl", "shmctl"}, {SYS_shmdt, "shmdt", "shmdt"},
#endif
};

/// A call with a certain command: scenes name it "semctl(SETVAL)".
struct Command {
    const char* name;
    const char* call;
    std::size_t argument;  // which one is the command, from 0
    std::uint32_t value;
};

constexpr Command commands[] = {
    {"semctl(SETVAL)", "semctl", 2, SETVAL},
    {"semctl(SETALL)", "semctl", 2, SETALL},
    {"fcntl(F_SETLK)", "fcntl", 1, F_SETLK},
    {"fcntl(F_OFD_SETLK)", "fcntl", 1, F_OFD_SETLK},
};

/// The call that the process sleeps in; nothing if it runs, has ended, or may not be looked into.
std::optional<long> sleeping_call(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/syscall", pid));
    long number = -1;
    if (!(file >> number) || number < 0) return std::nullopt;  // "running", or "-1": no call
    return number;
}

/// Says whether a call with these arguments, as /proc/PID/syscall has them, has no time limit.
bool is_without_limit(const Call& call, const std::array<std::string, 6>& arguments) {
    if (call.limit < 0) return call.limit == never;
    const std::string& limit = arguments.at(static_cast<std::size_t>(call.limit));
    if (!call.is_number) return limit == "0x0";
    // An int: what the upper half of the register holds is not the call's.
    return static_cast<std::int32_t>(std::strtoull(limit.c_str(), nullptr, 16)) < 0;
}

}  // namespace

Stat stat_of(const std::string& task) {
    std::ifstream file(task + "/stat");
    std::string line;
    std::getline(file, line, '\0');  // all of it
    const std::size_t bracket = line.rfind(')');
    if (bracket == std::string::npos || bracket + 2 >= line.size()) return {};
    std::istringstream fields(line.substr(bracket + 2));
    Stat stat;
    fields >> stat.state >> stat.parent;
    std::string skipped;
    for (int field = 5; field < 14; ++field) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    stat.seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    return stat;
}

std::vector<std::string> sleeping_calls() {
    std::vector<std::string> names;
    for (const Call& call : calls) {
        for (const std::string name : {call.name, call.family}) {
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        }
    }
    return names;
}

std::vector<std::string> known_calls() {
    std::vector<std::string> names = sleeping_calls();
    for (const Call& call : more_calls) names.emplace_back(call.name);
    for (const Command& command : commands) names.emplace_back(command.name);
    return names;
}

std::vector<long> numbers_of(const std::string& name) {
    std::vector<Call> all(std::begin(calls), std::end(calls));
    all.insert(all.end(), std::begin(more_calls), std::end(more_calls));
    const std::string bare = name.substr(0, name.find('('));
    std::string family;
    for (const Call& call : all) {
        if (call.name == bare || call.family == bare) family = call.family;
    }
    std::vector<long> numbers;
    for (const Call& call : all) {
        if (call.family == family) numbers.push_back(call.number);
    }
    return numbers;
}

bool is_call(long number, const std::string& name) {
    const std::vector<long> meant = numbers_of(name);
    return std::find(meant.begin(), meant.end(), number) != meant.end();
}

bool is_call(long number, const Arguments& arguments, const std::string& name) {
    if (!is_call(number, name)) return false;
    return std::all_of(std::begin(commands), std::end(commands), [&](const Command& command) {
        constexpr std::uint32_t ipc_64 = 0x100;  // some C libraries add it to the command
        return command.name != name || (static_cast<std::uint32_t>(arguments.at(command.argument)) &
                                        ~ipc_64) == command.value;
    });
}

bool sleeps_in(pid_t pid, const std::string& name) {
    // Who has just been let go before a call waits for the harness's lock, in that call, and cannot
    // be interrupted; who waits in the call can.
    if (stat_of(fmt::format("/proc/{}", pid)).state != 'S') return false;
    const std::optional<long> number = sleeping_call(pid);
    return number && is_call(*number, name);
}

std::string doing(pid_t pid) {
    const std::optional<long> number = sleeping_call(pid);
    if (!number) {
        std::ifstream file(fmt::format("/proc/{}/syscall", pid));
        return file ? "runs" : "has ended";
    }
    for (const Call& call : calls) {
        if (call.number != *number) continue;
        // semop is semtimedop without a limit, and poll ppoll: the C library chooses.
        const bool could_have_limit = call.limit >= 0;
        return fmt::format("sleeps in {}",
                           could_have_limit && sleeps_without_limit(pid) ? call.family : call.name);
    }
    return fmt::format("sleeps in system call {}", *number);
}

bool sleeps_without_limit(pid_t thread) {
    std::ifstream file(fmt::format("/proc/{}/syscall", thread));
    long number = -1;
    std::array<std::string, 6> arguments;
    if (!(file >> number) || number < 0) return false;
    for (std::string& argument : arguments) file >> argument;
    return std::any_of(std::begin(calls), std::end(calls), [&](const Call& call) {
        if (call.number != number || call.limit == always) return false;
        return is_without_limit(call, arguments);
    });
}

}  // namespace harness
