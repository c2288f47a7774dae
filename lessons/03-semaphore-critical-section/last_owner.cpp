#include "last_owner.hpp"

#include "common/program/descriptor.hpp"

#include <poll.h>         // poll
#include <sys/syscall.h>  // SYS_pidfd_open
#include <unistd.h>       // syscall

//! [wait ended]
void wait_until_ended(pid_t pid) {
    // man 2 pidfd_open
    const shm::Descriptor pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd.is_open()) return;  // gone, or not to be seen from here: the next run clears up
    pollfd process = {.fd = pidfd.get(), .events = POLLIN, .revents = 0};  // once it has ended
    poll(&process, 1, 1000);
}
//! [wait ended]
