#include "measure.hpp"

#include "common/program/check.hpp"

#include <fmt/format.h>

#include <fcntl.h>      // open
#include <sys/mman.h>   // memfd_create
#include <sys/prctl.h>  // prctl
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using shm::check;

namespace comparison {

namespace {

std::string own_path() {
    return std::filesystem::read_symlink("/proc/self/exe").string();
}

/// Runs this very program again, under strace, which counts the calls of all its processes.
/// @returns how many there were in all; none if it could not be done
std::optional<double> calls_of(const Row& row, std::uint64_t messages) {
    // Where strace writes to: memory without a name, so that nothing is left, however this ends.
    const Descriptor memory(check(memfd_create("calls", 0), "memfd_create", "calls"));
    // strace has it under the same number; ours it may not open, once we are in a user namespace.
    const std::string file = fmt::format("/proc/self/fd/{}", memory.get());
    int ends[2];  // the last process that may write to it ends after strace has written
    check(pipe2(ends, O_CLOEXEC), "pipe2", "strace's end");
    const Descriptor ended(ends[0]);
    Descriptor runs(ends[1]);
    const pid_t parent = getpid();
    const pid_t child = check(fork(), "fork", "strace");
    if (child == 0) {
        // It ends with us. By -D it is this process that is traced, and strace a child of it, which
        // ends when there is nothing to trace: else a kill at the wrong moment would leave it.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);  // we were killed before
        fcntl(runs.get(), F_SETFD, 0);
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        const std::string program = own_path(), bytes = std::to_string(row.bytes),
                          count = std::to_string(messages), cores = std::to_string(row.cores);
        // Without sched_yield: with that both sides wait for each other at the beginning.
        execlp("strace", "strace", "-D", "-f", "-c", "-e", "trace=!sched_yield", "-o", file.c_str(),
               program.c_str(), "--ping", row.mechanism->name.c_str(), "--sizes", bytes.c_str(),
               "--messages", count.c_str(), "--cores", cores.c_str(), nullptr);
        _exit(127);
    }
    runs.reset();
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    char none = 0;
    while (read(ended.get(), &none, 1) == -1 && errno == EINTR) {
    }
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
