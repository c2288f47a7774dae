#include "tests/unit/support.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"

#include <fmt/core.h>

#include <fcntl.h>  // O_DIRECT
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>  // PR_SET_PDEATHSIG
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>

namespace unit {

namespace {

using shm::check;
using shm::Descriptor;

std::uint32_t random_number() {
    std::random_device source;
    return source();
}

[[noreturn]] void run(const std::function<int()>& body) {
    int status = 99;
    try {
        // Not the test runner's: it would report our end as its own.
        for (int signal = 1; signal < NSIG; ++signal) {
            if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
        }
        check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl", "PR_SET_PDEATHSIG");
        alarm(300);  // whatever hangs
        status = body();
    } catch (const std::exception& error) {
        dprintf(STDERR_FILENO, "%s\n", error.what());
    }
    _exit(status);  // not exit(): what is the test runner's to clean up stays its own
}

}  // namespace

Forked::Forked(const std::function<int()>& body) {
    std::array<std::array<int, 2>, 3> pipes{};
    check(pipe2(pipes[0].data(), O_CLOEXEC), "pipe2", "input");
    check(pipe2(pipes[1].data(), O_CLOEXEC | O_DIRECT), "pipe2", "output");  // a read is one write
    check(pipe2(pipes[2].data(), O_CLOEXEC), "pipe2", "errors");
    // ThreadSanitizer's _exit() writes out what the test runner has not yet written.
    if (fflush(nullptr) == EOF) throw shm::SystemError(errno, "fflush", "every stream");
    pid_ = checked::fork();
    if (pid_ == 0) {
        dup2(pipes[0][0], STDIN_FILENO);
        dup2(pipes[1][1], STDOUT_FILENO);
        dup2(pipes[2][1], STDERR_FILENO);
        for (const auto& ends : pipes) {
            for (const int fd : ends) close(fd);
        }
        run(body);
    }
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(pipes[2][1]);
    in_ = Descriptor(pipes[0][1]);
    out_ = Descriptor(pipes[1][0]);
    err_ = Descriptor(pipes[2][0]);
}

Forked::~Forked() {
    if (pid_ == -1) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void Forked::type(std::string_view text) {
    check(write(in_.get(), text.data(), text.size()), "write", "the child's input");
}

void Forked::send(int signal) const {
    check(kill(pid_, signal), "kill", "the child");
}

bool Forked::read_some() {
    std::array<pollfd, 2> sources = {pollfd{.fd = out_.get(), .events = POLLIN, .revents = 0},
                                     pollfd{.fd = err_.get(), .events = POLLIN, .revents = 0}};
    if (!out_.is_open() && !err_.is_open()) return false;
    check(poll(sources.data(), sources.size(), -1), "poll", "the child");
    std::array<char, 4096> bytes{};
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources[i].revents == 0) continue;
        Descriptor& source = i == 0 ? out_ : err_;
        const auto got = static_cast<std::size_t>(
            check(read(source.get(), bytes.data(), bytes.size()), "read", "the child"));
        if (got == 0) {
            source.reset();
        } else if (i == 0) {
            ended_.out.append(bytes.data(), got);
            ended_.writes.emplace_back(bytes.data(), got);
        } else {
            ended_.err.append(bytes.data(), got);
        }
    }
    return true;
}

void Forked::wait_for(std::string_view text) {
    while (!has(ended_.out, text)) {
        if (!read_some()) {
            FAIL("ended without saying '" << text << "'; it said '" << ended_.out
                                          << "', errors: " << ended_.err);
        }
    }
}

Ended Forked::wait() {
    while (read_some()) {
    }
    int status = 0;
    check(waitpid(pid_, &status, 0), "waitpid", "the child");
    pid_ = -1;
    ended_.status = harness::end_text(status);
    return ended_;
}

Ended in_child(const std::function<int()>& body) {
    Forked child(body);
    child.end_input();
    return child.wait();
}

std::string printed(const char* shell, const std::string& script) {
    const Ended ended = in_child([&] {
        execlp(shell, shell, "-c", script.c_str(), nullptr);
        return 98;  // no such shell
    });
    CHECK(ended.err.empty());
    CHECK(ended.status == "0");
    return ended.out;
}

FreshKey::FreshKey() {
    do {
        key_ = static_cast<key_t>(random_number());
    } while (key_ == IPC_PRIVATE || has_segment() || has_semaphores());
}

FreshKey::~FreshKey() {
    // errno ENOENT or not: what is not ours cannot be removed by us, and nothing of ours stays.
    if (const int shmid = shmget(key_, 0, 0); shmid != -1) shmctl(shmid, IPC_RMID, nullptr);
    if (const int semid = semget(key_, 0, 0); semid != -1) semctl(semid, 0, IPC_RMID);
}

bool FreshKey::has_segment() const {
    return shmget(key_, 0, 0) != -1;
}

bool FreshKey::has_semaphores() const {
    return semget(key_, 0, 0) != -1;
}

FreshName::FreshName() : name_(fmt::format("/unit-{}-{:08x}", getpid(), random_number())) {}

FreshName::~FreshName() {
    shm_unlink(name_.c_str());
}

bool FreshName::exists() const {
    return access(("/dev/shm" + name_).c_str(), F_OK) == 0;
}

void* map_shared(std::size_t size) {
    return checked::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void unmap_shared(void* memory, std::size_t size) {
    munmap(memory, size);
}

}  // namespace unit
