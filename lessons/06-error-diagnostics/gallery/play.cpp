#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"
#include "stage.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>    // strerrorname_np, sigabbrev_np
#include <sys/file.h>  // flock
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <system_error>

using shm::check;

namespace {

bool something_is_left = false;  // a sweep has failed, and has said so

/// What a row came to that threw: errno's name, or why it cannot be made here.
std::string text_of(const std::system_error& error, const Row& row) {
    const char* symbol = strerrorname_np(error.code().value());
    const std::string seen = symbol == nullptr ? "?" : symbol;
    const std::string missing = stage::what_is_missing(error.code().value());
    const std::string message = error.what();
    // ENOENT may be what the row is about, or a /dev/shm that is not there.
    const bool is_said = !missing.empty() && message.find(missing) != std::string::npos;
    if (missing.empty() || (seen == row.expected && !is_said)) {
        return fmt::format("{}\n{}", seen, message);
    }
    return is_said ? "\n" + message : fmt::format("\n{} ({})", missing, message);
}

/// The row's own process: it writes how it went, as "seen\nmessage" or "\nwhy not here", unless it
/// is killed by what it does.
[[noreturn]] void perform(const Row& row, int out) {
    for (const int signal : {SIGSEGV, SIGBUS, SIGXFSZ, SIGALRM, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        signal == SIGXFSZ ? ::signal(signal, SIG_IGN) : ::signal(signal, SIG_DFL);
    }
    const rlimit no_core = {};
    setrlimit(RLIMIT_CORE, &no_core);  // it dies on purpose
    std::string text;
    try {
        stage::enter();
        text = "success\n" + row.provoke();
    } catch (const std::system_error& error) {
        text = text_of(error, row);
    } catch (const NotHere& reason) {
        text = fmt::format("\n{}", reason.what());
    } catch (const std::exception& error) {  // Unexpected, or shm::Failure, which rows turn into it
        text = fmt::format("otherwise\n{}", error.what());
    }
    const bool written = write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
}

/// Waits for the end of `in`; a signal to us ends the wait.
std::string read_all(int in) {
    std::string text;
    for (;;) {
        shm::wait_readable(in);
        char part[4096];
        const ssize_t length = check(read(in, part, sizeof(part)), "read", "a row's process");
        if (length == 0) return text;
        text.append(part, static_cast<std::size_t>(length));
    }
}

/// Without namespaces the rows' name and key are everybody's: one gallery at a time, and what a
/// killed one may have left goes first.
void come_alone() {
    // Where there is no /dev/shm, the key is everybody's all the same.
    const bool has_folder = stage::what_is_missing(ENOENT).empty();
    static const int lock = checked::open(has_folder ? "/dev/shm" : "/", O_RDONLY);
    const auto deadline = shm::Deadline::after(std::chrono::seconds(10));
    while (flock(lock, LOCK_EX | LOCK_NB) == -1) {
        if (errno != EWOULDBLOCK) shm::fail(errno, "flock", "/dev/shm");
        if (deadline.passed()) {
            throw shm::Failure("another process has /dev/shm locked, perhaps another gallery");
        }
        shm::pause_for(std::chrono::milliseconds(10));
    }
    stage::sweep();
}

std::string signal_text(int signal) {
    return fmt::format("the process was killed by SIG{} ({})", sigabbrev_np(signal),
                       strsignal(signal));
}

}  // namespace

bool has_left_something() {
    return something_is_left;
}

Outcome play(const Row& row) {
    static const bool has_namespaces = stage::is_allowed();
    if (!has_namespaces) come_alone();
    const shm::Cleanup sweep_again([] {
        try {
            if (!has_namespaces) stage::sweep();
        } catch (const std::exception& error) {
            shm::note_line(error.what());
            something_is_left = true;
        }
    });

    int ends[2] = {};
    check(pipe2(ends, O_CLOEXEC), "pipe", "to a row's process");
    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        perform(row, ends[1]);
    }
    close(ends[1]);
    const shm::Cleanup close_pipe([&] { close(ends[0]); });
    int status = 0;
    shm::Cleanup reap([&] {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    });
    // Children of the row's process keep the pipe open, and end with it: wait for the process.
    const std::string text = read_all(ends[0]);
    reap.cancel();
    status = checked::waitpid(child);

    if (WIFSIGNALED(status)) {
        const int signal = WTERMSIG(status);
        return {.seen = fmt::format("SIG{}", sigabbrev_np(signal)),
                .message = signal_text(signal),
                .not_here = {}};
    }
    const auto line = text.find('\n');
    if (line == std::string::npos) return {.seen = "nothing", .message = "", .not_here = {}};
    const std::string rest = text.substr(line + 1);
    if (line == 0) return {.seen = {}, .message = {}, .not_here = rest};
    return {.seen = text.substr(0, line), .message = rest, .not_here = {}};
}
