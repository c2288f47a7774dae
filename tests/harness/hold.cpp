#include "tests/harness/hold.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "tests/harness/hand_over.hpp"

#include <fmt/format.h>  // fmt::join

#include <linux/filter.h>   // BPF_STMT
#include <linux/seccomp.h>  // SECCOMP_RET_USER_NOTIF
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace harness {

namespace {

/// A program for the kernel: such a call is asked about, any other is made. The number alone is
/// looked at, since our programs make their calls in one way only.
std::vector<sock_filter> filter_for(const std::vector<std::string>& calls) {
    std::vector<sock_filter> filter = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    for (const std::string& call : calls) {
        for (const long number : numbers_of(call)) {
            filter.push_back(
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1));
            filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
        }
    }
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return filter;
}

/// Returns the descriptor by which the kernel asks.
shm::Descriptor install(std::vector<sock_filter> filter) {
    // Without it, only root may filter calls: a program with more rights could be misled.
    shm::check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", "PR_SET_NO_NEW_PRIVS");
    const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
    return shm::Descriptor(static_cast<int>(shm::check(
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program),
        "seccomp", "SECCOMP_FILTER_FLAG_NEW_LISTENER")));
}

/// In a child: makes a call before which it is held, and says whether it could be.
[[noreturn]] void try_to_be_held(const shm::Descriptor& socket) {
    try {
        ask_before({"semget"}, socket);
    } catch (const std::system_error& error) {
        _exit(error.code().value());
    }
    syscall(SYS_semget, -1, -1, 0);
    _exit(0);
}

}  // namespace

std::vector<std::string> held_calls(const Process& process) {
    std::vector<std::string> calls;
    for (const Hold& hold : process.holds) {
        for (const std::string& call : hold.before) {
            if (std::find(calls.begin(), calls.end(), call) == calls.end()) calls.push_back(call);
        }
    }
    return calls;
}

std::string hold_text(const Hold& hold) {
    if (hold.asleep) return "asleep";
    if (!hold.after) return fmt::format("before {}", fmt::join(hold.before, " or "));
    const Access& access = *hold.after;
    return fmt::format("after it {} bytes {} to {} of {}", access.writes ? "wrote" : "read",
                       access.at, access.at + access.count - 1, access.object);
}

bool uses_hold(const Scene& scene) {
    return std::any_of(scene.processes.begin(), scene.processes.end(),
                       [](const Process& process) { return !held_calls(process).empty(); });
}

std::string why_not_held() {
    int fds[2];
    shm::check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair", "a trial");
    const shm::Descriptor ours(fds[0]);
    shm::Descriptor its(fds[1]);
    const pid_t pid = checked::fork();
    if (pid == 0) try_to_be_held(its);
    its.reset();
    std::string why;
    try {
        const shm::Descriptor listener = take_listener(ours);
        pollfd asked = {.fd = listener.get(), .events = POLLIN, .revents = 0};
        while (poll(&asked, 1, -1) == -1 && errno == EINTR) continue;
        const auto held = next_held(listener);
        if (!held || !let_go(listener, *held)) why = "the process did not stay held";
    } catch (const std::system_error& error) {
        why = error.what();
    }
    int status = 0;
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) why = strerrordesc_np(WEXITSTATUS(status));
    return why.empty() ? "" : "no process can be held before a system call here: " + why;
}

void ask_before(const std::vector<std::string>& calls, const shm::Descriptor& socket) {
    hand_over(socket, install(filter_for(calls)).get());
}

shm::Descriptor take_listener(const shm::Descriptor& socket) {
    shm::Descriptor listener = take_over(socket);
    if (!listener.is_open()) throw shm::SystemError(EPERM, "seccomp", "a listener");
    return listener;
}

bool is_asked(const shm::Descriptor& listener) {
    pollfd asked = {.fd = listener.get(), .events = POLLIN, .revents = 0};
    return poll(&asked, 1, 0) == 1 && (asked.revents & POLLIN) != 0;
}

std::optional<HeldCall> next_held(const shm::Descriptor& listener) {
    if (!is_asked(listener)) return std::nullopt;
    seccomp_notif question = {};
    if (ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &question) == -1) {
        if (errno == ENOENT || errno == EINTR) return std::nullopt;  // it no longer sleeps
        throw shm::SystemError(errno, "ioctl", "SECCOMP_IOCTL_NOTIF_RECV");
    }
    HeldCall held = {question.id, question.data.nr, {}};
    std::copy(std::begin(question.data.args), std::end(question.data.args), held.arguments.begin());
    return held;
}

bool let_go(const shm::Descriptor& listener, const HeldCall& held) {
    seccomp_notif_resp answer = {};
    answer.id = held.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;  // Linux 5.5
    if (ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0) return true;
    if (errno == ENOENT) return false;
    throw shm::SystemError(errno, "ioctl", "SECCOMP_IOCTL_NOTIF_SEND");
}

}  // namespace harness
