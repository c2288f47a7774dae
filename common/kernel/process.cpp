#include "common/kernel/process.hpp"

#include "common/program/descriptor.hpp"
#include "common/program/stop.hpp"  // Deadline

#include <poll.h>         // poll
#include <signal.h>       // kill
#include <sys/syscall.h>  // SYS_pidfd_open
#include <unistd.h>       // syscall

#include <cerrno>
#include <cstddef>

namespace shm {

using namespace std::chrono_literals;

//! [has ended]
bool wait_until_ended(pid_t pid, std::chrono::milliseconds at_most) {
    if (pid <= 0) return false;
    // A descriptor of the process itself (man 2 pidfd_open): its number may be used again, it
    // stays.
    const Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd.is_open() && errno == ESRCH) return true;
    // A filter may not let us have one. Then a zombie counts as running: the careful answer.
    if (!pidfd.is_open()) return kill(pid, 0) == -1 && errno == ESRCH;
    const auto deadline = Deadline::after(at_most);
    for (;;) {
        pollfd process = {.fd = pidfd.get(), .events = POLLIN, .revents = 0};  // once it has ended
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.left(at_most));
        const int ready = poll(&process, 1, static_cast<int>(left.count()));
        if (ready == 1) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}
//! [has ended]

//! [robust list]
bool has_robust_list() {
    // The C library gives the kernel the list as a thread starts, and does not look whether it was
    // taken. So we ask for it; nullptr: it was not.
    void* list = nullptr;
    std::size_t size = 0;
    if (syscall(SYS_get_robust_list, 0, &list, &size) == 0) return list != nullptr;
    // A filter may forbid to ask alone. A size that is none changes nothing; EINVAL: the call is
    // there.
    return syscall(SYS_set_robust_list, nullptr, std::size_t{0}) == -1 && errno == EINVAL;
}
//! [robust list]

bool has_ended(pid_t pid) {
    return wait_until_ended(pid, 0ms);
}

}  // namespace shm
