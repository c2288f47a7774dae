#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/descriptor.hpp"
#include "stage.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>  // PR_SET_PDEATHSIG
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>  // SYS_pidfd_open
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

using shm::check;

namespace stage {

namespace {

/// Forks a child that ends with this process, however that ends.
pid_t fork_child() {
    // Not by its number: a child in a pid namespace of its own sees its parent as 0.
    const shm::Descriptor parent(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
    const pid_t child = checked::fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pollfd end = {.fd = parent.get(), .events = POLLIN, .revents = 0};
        if (poll(&end, 1, 0) == 1) _exit(1);  // it had ended before we asked for the signal
    }
    return child;
}

constexpr int not_here = 77;  // how a child ends that lacks what this machine does not have

/// Ends the child where `part` fails: its parent sees by the status what was the matter.
void run_part(const std::function<void()>& part) {
    try {
        part();
    } catch (const std::system_error& error) {
        _exit(what_is_missing(error.code().value()).empty() ? 1 : not_here);
    } catch (const NotHere&) {
        _exit(not_here);
    } catch (const std::exception&) {
        _exit(1);
    }
}

/// Throws what a child has ended for that should not have ended.
[[noreturn]] void fail_for_child(int status, const char* otherwise) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        throw NotHere("a child of it lacks a call, a pid namespace, or /dev/shm");
    }
    throw Unexpected(otherwise);
}

}  // namespace

int make_object(off_t size, mode_t mode) {
    const int fd = checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, mode);
    checked::ftruncate(fd, size);
    return fd;
}

char* map(int fd, std::size_t size, int protection) {
    return static_cast<char*>(checked::mmap(nullptr, size, protection, MAP_SHARED, fd, 0));
}

int make_segment(std::size_t size, int mode) {
    const int flags = IPC_CREAT | IPC_EXCL | mode;
    return checked::shmget(key, size, flags);
}

int make_set(int count, int first_value, int mode) {
    const int flags = IPC_CREAT | IPC_EXCL | mode;
    const int semid = checked::semget(key, count, flags);
    checked::semctl(semid, 0, SETVAL, first_value);
    return semid;
}

std::string operated(int semid, std::vector<sembuf> changes) {
    checked::semop(semid, changes.data(), changes.size());
    return {};
}

int make_memfd(off_t size, unsigned seals) {
    const int fd = checked::memfd_create("gallery", MFD_ALLOW_SEALING);
    checked::ftruncate(fd, size);
    if (seals != 0) check(fcntl(fd, F_ADD_SEALS, seals), "fcntl F_ADD_SEALS", "a memfd");
    return fd;
}

void in_killed_child(const std::function<void()>& part) {
    const pid_t child = fork_child();
    if (child == 0) {
        run_part(part);
        kill(getpid(), SIGKILL);
    }
    const int status = checked::waitpid(child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        fail_for_child(status, "the child came not as far as to be killed");
    }
}

pid_t in_waiting_child(const std::function<void()>& part) {
    const pid_t child = fork_child();
    if (child == 0) {
        run_part(part);
        _exit(1);
    }
    // "S": it sleeps in the kernel, where it can only wait for what `part` waits for.
    for (std::string word; word != "S"; usleep(1000)) {
        std::ifstream status(fmt::format("/proc/{}/stat", child));
        for (int field = 1; field <= 3; ++field) status >> word;
        if (word == "Z") fail_for_child(checked::waitpid(child), "the child does not wait");
    }
    return child;
}

void in_sleeping_child(const std::function<void()>& part) {
    int ends[2] = {};
    check(pipe2(ends, O_CLOEXEC), "pipe2", "to a child");
    const pid_t child = fork_child();
    if (child == 0) {
        close(ends[0]);
        run_part(part);
        const char done = 1;
        if (write(ends[1], &done, 1) == 1) pause();
        _exit(1);
    }
    close(ends[1]);
    char done = 0;
    if (read(ends[0], &done, 1) != 1) {
        fail_for_child(checked::waitpid(child), "the child came not as far as to sleep");
    }
}

}  // namespace stage
