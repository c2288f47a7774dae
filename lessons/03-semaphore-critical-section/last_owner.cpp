#include "last_owner.hpp"

#include "common/program/cleanup.hpp"

#include <poll.h>         // poll
#include <sys/syscall.h>  // SYS_pidfd_open
#include <unistd.h>       // syscall, close

//! [wait ended]
void wait_until_ended(pid_t pid) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));  // man 2 pidfd_open
    if (fd == -1) return;  // gone, or not to be seen from here: then the next run clears up
    const shm::Cleanup close_fd([&] { close(fd); });
    pollfd process = {.fd = fd, .events = POLLIN, .revents = 0};  // readable once it has ended
    poll(&process, 1, 1000);
}
//! [wait ended]
