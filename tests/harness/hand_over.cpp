#include "tests/harness/hand_over.hpp"

#include "common/program/check.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace harness {

namespace {

/// A message of one byte that has room for a descriptor.
class Letter {
public:
    Letter() {
        message_.msg_iov = &piece_;
        message_.msg_iovlen = 1;
        message_.msg_control = room_;
        message_.msg_controllen = sizeof room_;
    }
    msghdr& message() { return message_; }

private:
    char byte_ = 0;
    iovec piece_ = {&byte_, 1};
    alignas(cmsghdr) char room_[CMSG_SPACE(sizeof(int))] = {};
    msghdr message_ = {};
};

}  // namespace

void hand_over(const shm::Descriptor& socket, int fd) {
    Letter letter;
    cmsghdr* first = CMSG_FIRSTHDR(&letter.message());
    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(first), &fd, sizeof fd);
    shm::check(sendmsg(socket.get(), &letter.message(), MSG_NOSIGNAL), "sendmsg", "a descriptor");
}

shm::Descriptor take_over(const shm::Descriptor& socket) {
    Letter letter;
    ssize_t got = 0;
    do {
        got = recvmsg(socket.get(), &letter.message(), MSG_CMSG_CLOEXEC);
    } while (got == -1 && errno == EINTR);
    shm::check(got, "recvmsg", "a descriptor");
    const cmsghdr* first = CMSG_FIRSTHDR(&letter.message());
    int fd = -1;
    if (got != 0 && first != nullptr) std::memcpy(&fd, CMSG_DATA(first), sizeof fd);
    return shm::Descriptor(fd);
}

}  // namespace harness
