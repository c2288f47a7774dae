#include "tests/faults/traced.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace faults {

namespace {

constexpr int at_a_call = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

/// In the new process: becomes the program, once its parent traces it.
[[noreturn]] void become(const Words& words, int out, int err) {
    const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in == -1 || dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
        dup2(err, STDERR_FILENO) == -1 || ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) {
        _exit(126);
    }
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
}

std::string contents(int fd) {
    std::string text(static_cast<std::size_t>(checked::fstat(fd).st_size), '\0');
    shm::check(pread(fd, text.data(), text.size(), 0), "pread", "a program's output");
    return text;
}

}  // namespace

Traced::Traced(const Words& words)
    : out_(checked::memfd_create("output", 0)), err_(checked::memfd_create("errors", 0)) {
    pid_ = checked::fork();
    if (pid_ == 0) become(words, out_.get(), err_.get());
    int status = 0;
    shm::check(waitpid(pid_, &status, 0), "waitpid", words[0]);
    if (!WIFSTOPPED(status)) {
        ended_ = status;
        refused_ = "a process may not trace its child";
        return;
    }
    shm::check(ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL),
               "ptrace", "PTRACE_SETOPTIONS");
}

Traced::~Traced() {
    if (ended_) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, __WALL);
}

/// Goes on until the program stops, for us, or ends. Returns by which signal it has stopped.
int Traced::go_on(int request) {
    for (int signal = 0;;) {
        shm::check(ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, signal), "ptrace",
                   "a program");
        int status = 0;
        shm::check(waitpid(pid_, &status, __WALL), "waitpid", "a program");
        if (!WIFSTOPPED(status)) {
            ended_ = status;
            return 0;
        }
        signal = WSTOPSIG(status);
        if (signal == SIGTRAP || signal == at_a_call) return signal;
    }
}

std::optional<Call> Traced::next_call() {
    if (go_on(PTRACE_SYSCALL) == 0) return {};
    struct __ptrace_syscall_info info = {};
    shm::check(ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof(info), &info), "ptrace",
               "PTRACE_GET_SYSCALL_INFO");
    const bool begins = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (begins) {
        call_ = static_cast<long>(info.entry.nr);
        std::copy(std::begin(info.entry.args), std::end(info.entry.args), arguments_.begin());
    }
    return Call{call_, arguments_, !begins};
}

Call Traced::go_on_to(const std::function<bool(const Call&)>& is_meant) {
    while (const auto call = next_call()) {
        if (is_meant(*call)) return *call;
    }
    FAIL("it ended before: " << contents(out_.get()) << contents(err_.get()));
    return {};
}

void Traced::step() {
    if (go_on(PTRACE_SINGLESTEP) == 0) {
        FAIL("it ended: " << contents(out_.get()) << contents(err_.get()));
    }
}

std::string Traced::text_at(std::uint64_t address, std::size_t most) const {
    std::string text(most, '\0');
    const shm::Descriptor memory(checked::open(fmt::format("/proc/{}/mem", pid_), O_RDONLY));
    const ssize_t got = pread(memory.get(), text.data(), most, static_cast<off_t>(address));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

Finished Traced::finish() {
    while (!ended_) go_on(PTRACE_CONT);
    return {harness::end_text(*ended_), contents(out_.get()), contents(err_.get())};
}

}  // namespace faults
