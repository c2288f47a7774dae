#include "measure.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/stop.hpp"

#include <fmt/core.h>

#include <fcntl.h>      // open
#include <sys/mman.h>   // memfd_create
#include <sys/prctl.h>  // prctl
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace comparison {

namespace {

/// Becomes strace, which writes to `file` and runs this very program again.
[[noreturn]] void become_strace(const Row& row, std::uint64_t messages, const std::string& file) {
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    // By a descriptor and not by its path: that may lead through folders that are closed to us. It
    // is inherited: strace runs what it leads to.
    const int itself = open("/proc/self/exe", O_PATH);
    const std::string program = fmt::format("/proc/self/fd/{}", itself);
    const std::string bytes = std::to_string(row.bytes), count = std::to_string(messages),
                      cores = std::to_string(row.cores);
    // Without sched_yield: with that both sides wait for each other at the beginning.
    execlp("strace", "strace", "-f", "-c", "-e", "trace=!sched_yield", "-o", file.c_str(),
           program.c_str(), "--ping", row.mechanism->name.c_str(), "--sizes", bytes.c_str(),
           "--messages", count.c_str(), "--cores", cores.c_str(), nullptr);
    _exit(127);
}

/// Stands between `parent` and strace: if the parent is killed, it kills strace and all that strace
/// runs, at whichever point they are. (A child that strace has not traced yet waits, stopped, and
/// would wait for ever.) Ends with strace's status.
template <typename Become>
[[noreturn]] void guard(pid_t parent, const Become& become) {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGCHLD);
    sigprocmask(SIG_BLOCK, &awaited, nullptr);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);  // it was killed before
    const pid_t group = fork();
    if (group == 0) {
        setpgid(0, 0);
        sigprocmask(SIG_UNBLOCK, &awaited, nullptr);
        become();
    }
    if (group == -1) _exit(1);
    setpgid(group, group);  // whichever of the two comes first
    for (;;) {
        int signal = 0;
        sigwait(&awaited, &signal);
        if (signal == SIGTERM) kill(-group, SIGKILL);
        int status = 0;
        if (waitpid(group, &status, WNOHANG) != group) continue;
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
}

/// Runs this very program again, under strace, which counts the calls of all its processes.
/// @returns how many there were in all; none if it could not be done
std::optional<double> calls_of(const Row& row, std::uint64_t messages) {
    // Where strace writes to: memory without a name, so that nothing is left, however this ends.
    // It is inherited, and so not made by checked::, which makes it close-on-exec: strace has it.
    const Descriptor memory(memfd_create("calls", 0));
    if (!memory.is_open()) return std::nullopt;  // counted as where strace is missing: not at all
    // strace has it under the same number; ours it may not open, once we are in a user namespace.
    const std::string file = fmt::format("/proc/self/fd/{}", memory.get());
    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) guard(parent, [&] { become_strace(row, messages, file); });
    shm::Cleanup end([&] {
        kill(child, SIGTERM);  // the guard then ends all that it guards
        while (waitpid(child, nullptr, 0) == -1 && errno == EINTR) {
        }
    });
    const int status = checked::waitpid(child);
    end.cancel();
    if (status != 0) return std::nullopt;
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream columns(line);
        std::string share, seconds, each, number;
        columns >> share >> seconds >> each >> number;
        if (line.ends_with(" total")) return std::strtod(number.c_str(), nullptr);
    }
    return std::nullopt;
}

}  // namespace

std::optional<double> count_calls(const Row& row) {
    // What beginning and end take is the same in both, and so falls out.
    const std::uint64_t few = 20, many = 220;
    const auto with_few = calls_of(row, few), with_many = calls_of(row, many);
    if (!with_few || !with_many) return std::nullopt;
    return std::max(0.0, *with_many - *with_few) / static_cast<double>(many - few);
}

}  // namespace comparison
