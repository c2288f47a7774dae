#include "gate.hpp"

#include "common/program/check.hpp"
#include "common/program/error.hpp"
#include "common/program/wait_notice.hpp"

#include <fmt/format.h>

#include <sys/file.h>  // flock
#include <unistd.h>    // usleep

#include <cerrno>
#include <chrono>

using namespace std::chrono_literals;

namespace {

//! [try gate]
/// LOCK_NB: look, and do not wait in the kernel, where no deadline would reach us.
bool try_gate(int fd, const std::string& name) {
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) shm::fail(errno, "flock", name);
    return false;
}
//! [try gate]

shm::Failure stays_shut(const std::string& name) {
    return shm::Failure(
        fmt::format("{0}: another process has been behind its gate for too long, creating it, "
                    "coming or leaving; see who, and whether it is stopped: fuser -v /dev/shm{0}",
                    name));
}

}  // namespace

void take_gate(int fd, const std::string& name, const shm::Deadline& deadline) {
    shm::WaitNotice notice(deadline.time());
    while (!try_gate(fd, name)) {
        notice.look(fmt::format("another process to create {}, come in or leave", name),
                    "who it is: fuser -v /dev/shm" + name);
        if (deadline.passed()) throw stays_shut(name);
        shm::pause_for(1ms);
    }
}

void take_gate_to_leave(int fd, const std::string& name) {
    const auto deadline = shm::Deadline::after(5s);
    while (!try_gate(fd, name)) {
        if (deadline.passed()) throw stays_shut(name);
        usleep(1000);  // woken early by a signal: then we look once more
    }
}

void open_gate(int fd) noexcept {
    flock(fd, LOCK_UN);  // cannot fail on a descriptor that is open
}
