#include "tests/harness/strace.hpp"

#include "common/program/check.hpp"
#include "tests/harness/child.hpp"

#include <fmt/core.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace harness {

namespace {

/// Runs a command to its end. Returns what it said on standard error; "" if it succeeded.
std::string failure_of(const Command& command) {
    Child child = spawn(command);
    child.in.reset();
    std::string text;
    for (;;) {
        pollfd said = {.fd = child.err.get(), .events = POLLIN, .revents = 0};
        if (poll(&said, 1, -1) == -1 && errno != EINTR) {
            throw shm::SystemError(errno, "poll", command.words[0]);
        }
        char buffer[512];
        const ssize_t got = read(child.err.get(), buffer, sizeof buffer);
        if (got == 0) break;
        if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    }
    int status = 0;
    while (waitpid(child.pid, &status, 0) == -1 && errno == EINTR) continue;
    if (status == 0) return {};
    return text.empty() ? fmt::format("it ended: {}", end_text(status))
                        : text.substr(0, text.find('\n'));
}

}  // namespace

bool is_traced(const Process& process) {
    return process.most_calls != 0 || !process.calls.empty() ||
           (process.kill && !process.kill->before.empty());
}

bool uses_strace(const Scene& scene) {
    return std::any_of(scene.processes.begin(), scene.processes.end(), is_traced);
}

Tracer try_strace(const Scene& scene) {
    Tracer tracer;
    try {
        tracer.path = find_program("strace", "");
    } catch (const shm::Failure&) {
        tracer.unavailable = "strace is not installed";
        return tracer;
    }
    const std::string traced = find_program("true", "");
    const std::vector<std::string> words = {tracer.path, "-o", "/dev/null", "-e"};
    const auto run_with = [&](const std::string& expression) {
        Command command;
        command.words = words;
        command.words.push_back(expression);
        command.words.push_back(traced);
        return failure_of(command);
    };
    const std::string refused = run_with("trace=none");
    if (!refused.empty()) {
        tracer.unavailable = "strace may not trace here: " + refused;
        return tracer;
    }
    for (const Process& one : scene.processes) {
        if (!one.kill || one.kill->before.empty()) continue;
        const std::string unknown = run_with("trace=" + one.kill->before);
        if (!unknown.empty()) throw shm::Failure(fmt::format("{}: {}", one.name, unknown));
    }
    return tracer;
}

}  // namespace harness
