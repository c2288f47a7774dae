#include "tests/harness/child.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "tests/harness/given.hpp"  // other_uid
#include "tests/harness/hold.hpp"

#include <fmt/core.h>

#include <fcntl.h>         // O_CLOEXEC
#include <grp.h>           // setgroups
#include <signal.h>        // sigaction, sigprocmask
#include <string.h>        // sigabbrev_np
#include <sys/ioctl.h>     // TIOCGPTPEER
#include <sys/prctl.h>     // PR_SET_PDEATHSIG
#include <sys/resource.h>  // RLIMIT_CORE
#include <sys/socket.h>    // socketpair
#include <sys/syscall.h>   // SYS_pidfd_open
#include <sys/wait.h>      // waitpid
#include <termios.h>       // cfmakeraw
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace harness {

namespace {

struct Pipe {
    shm::Descriptor read, write;
};

Pipe make_pipe() {
    std::array<int, 2> fds{};
    shm::check(pipe2(fds.data(), O_CLOEXEC), "pipe2", "a process's output");
    return {shm::Descriptor(fds[0]), shm::Descriptor(fds[1])};
}

Pipe make_socket() {
    std::array<int, 2> fds{};
    shm::check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), "socketpair",
               "a process's calls");
    return {shm::Descriptor(fds[0]), shm::Descriptor(fds[1])};
}

void do_not_block(const shm::Descriptor& fd) {
    shm::check(fcntl(fd.get(), F_SETFL, O_NONBLOCK), "fcntl", "O_NONBLOCK");
}

/// A terminal that changes nothing that is written to it: a program then prints each line at once.
Pipe make_terminal() {
    Pipe terminal;
    terminal.read = shm::Descriptor(
        shm::check(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt", "its output"));
    const int fd = terminal.read.get();
    char name[64];
    shm::check(grantpt(fd), "grantpt", "its output");
    shm::check(unlockpt(fd), "unlockpt", "its output");
    if (ptsname_r(fd, name, sizeof name) != 0) throw shm::SystemError(errno, "ptsname_r", "");
    terminal.write =
        shm::Descriptor(shm::check(open(name, O_RDWR | O_NOCTTY | O_CLOEXEC), "open", name));
    termios mode{};
    shm::check(tcgetattr(terminal.write.get(), &mode), "tcgetattr", name);
    cfmakeraw(&mode);
    shm::check(tcsetattr(terminal.write.get(), TCSANOW, &mode), "tcsetattr", name);
    return terminal;
}

/// In the new process: what exec keeps is made as a shell would have it.
void become_ordinary(pid_t parent, bool other_user) {
    shm::check(setpgid(0, 0), "setpgid", "new process");
    for (int signal = 1; signal < NSIG; ++signal) {
        if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    shm::check(sigprocmask(SIG_SETMASK, &none, nullptr), "sigprocmask", "none");
    const rlimit no_core{0, 0};  // a scene that shows SIGSEGV leaves no file for it
    shm::check(setrlimit(RLIMIT_CORE, &no_core), "setrlimit", "RLIMIT_CORE");
    if (other_user) {
        shm::check(setgroups(0, nullptr), "setgroups", "other user");
        shm::check(setgid(other_uid), "setgid", "other user");
        shm::check(setuid(other_uid), "setuid", "other user");
    }
    shm::check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl", "PR_SET_PDEATHSIG");
    if (getppid() != parent) _exit(127);  // it died before it could be named
}

[[noreturn]] void run_child(const Command& command, pid_t parent, const shm::Descriptor& trouble,
                            const shm::Descriptor& asking) {
    int error = 0;
    try {
        // Another user may be kept out of a folder on the way: an open descriptor still runs.
        const shm::Descriptor program(open(command.path().c_str(), O_RDONLY | O_CLOEXEC));
        become_ordinary(parent, command.other_user);
        for (const std::string& setting : command.environment) {
            // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread only
            putenv(const_cast<char*>(setting.c_str()));
        }
        if (asking.is_open()) ask_before(command.held, asking);
        std::vector<char*> words;
        for (const std::string& word : command.words) {
            words.push_back(const_cast<char*>(word.c_str()));
        }
        words.push_back(nullptr);
        execv(command.path().c_str(), words.data());
        error = errno;
        if (error == EACCES && program.is_open()) {
            fexecve(program.get(), words.data(), environ);
            // A script's interpreter opens it once more, as /dev/fd/N: exec may not close it.
            if (errno == ENOENT && fcntl(program.get(), F_SETFD, 0) == 0) {
                fexecve(program.get(), words.data(), environ);
            }
        }
    } catch (const std::system_error& failed) {
        error = failed.code().value();
    }
    // If nobody reads it, there is nobody to tell.
    [[maybe_unused]] const ssize_t told = write(trouble.get(), &error, sizeof error);
    _exit(127);
}

}  // namespace

int open_pidfd(pid_t pid) {
    return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

Child spawn(const Command& command) {
    Pipe in = make_pipe();
    Pipe out = command.terminal ? make_terminal() : make_pipe();
    Pipe err = make_pipe();
    Pipe trouble = make_pipe();  // closed by exec; else brings errno
    Pipe asking;
    if (!command.held.empty()) asking = make_socket();
    const pid_t parent = getpid();
    const pid_t pid = checked::fork();
    if (pid == 0) {
        if (dup2(in.read.get(), STDIN_FILENO) == -1 || dup2(out.write.get(), STDOUT_FILENO) == -1 ||
            dup2(err.write.get(), STDERR_FILENO) == -1) {
            _exit(127);
        }
        run_child(command, parent, trouble.write, asking.write);
    }
    trouble.write.reset();
    asking.write.reset();
    int error = 0;
    ssize_t got = 0;
    do {
        got = read(trouble.read.get(), &error, sizeof error);
    } while (got == -1 && errno == EINTR);
    if (got != 0) {
        waitpid(pid, nullptr, 0);
        throw shm::SystemError(got == -1 ? errno : error, "execv", command.words[0]);
    }
    Child child;
    child.pid = pid;
    child.pidfd = shm::Descriptor(shm::check(open_pidfd(pid), "pidfd_open", command.words[0]));
    child.in = std::move(in.write);
    child.out = std::move(out.read);
    child.err = std::move(err.read);
    if (asking.read.is_open()) child.calls = take_listener(asking.read);
    for (const shm::Descriptor* fd : {&child.in, &child.out, &child.err}) do_not_block(*fd);
    return child;
}

void control_output(const Child& child, bool stop) {
    const shm::Descriptor terminal(shm::check(
        ioctl(child.out.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "ioctl", "its output"));
    shm::check(tcflow(terminal.get(), stop ? TCOOFF : TCOON), "tcflow", "its output");
}

std::vector<std::string> split_words(const std::string& line) {
    std::vector<std::string> words;
    bool in_word = false;
    char quote = 0;
    for (const char c : line) {
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
            in_word = false;
            continue;
        }
        if (!in_word) words.emplace_back();
        in_word = true;
        if (quote == 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == quote) {
            quote = 0;
        } else {
            words.back() += c;
        }
    }
    if (quote != 0)
        throw shm::UsageError(fmt::format("a {} that is not closed in: {}", quote, line));
    return words;
}

std::string find_program(const std::string& word, const std::filesystem::path& programs) {
    const auto runs = [](const std::filesystem::path& path) {
        std::error_code ignored;
        return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
    };
    const std::filesystem::path ours = std::filesystem::absolute(programs / word);
    if (runs(ours)) return ours;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread only
    const char* list = getenv("PATH");
    std::string path = list == nullptr ? "/usr/bin:/bin" : list;
    while (word.find('/') == std::string::npos && !path.empty()) {
        const std::size_t end = std::min(path.find(':'), path.size());
        const std::filesystem::path candidate = std::filesystem::path(path.substr(0, end)) / word;
        if (runs(candidate)) return candidate;
        path.erase(0, end + 1);
    }
    throw shm::Failure(
        fmt::format("no program '{}', neither in {} nor on the PATH", word, programs.string()));
}

std::string signal_text(int signal) {
    const char* name = sigabbrev_np(signal);
    return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

std::string end_text(int status) {
    if (WIFSIGNALED(status)) return signal_text(WTERMSIG(status));
    return std::to_string(WEXITSTATUS(status));
}

}  // namespace harness
