/// @file
/// Lesson 04, what sender and receiver share: the name at which they meet, and the message that
/// carries a descriptor (man 7 unix).
#pragma once

#include "common/program/check.hpp"

#include <sys/socket.h>  // msghdr, CMSG_SPACE, SO_PEERCRED
#include <sys/un.h>      // sockaddr_un
#include <unistd.h>      // geteuid

#include <cstddef>
#include <string>

/// An abstract name: it begins with a null byte, is no file, and goes with its socket.
struct Address {
    sockaddr_un address = {};
    socklen_t length = 0;

    explicit Address(const std::string& name) {
        address.sun_family = AF_UNIX;
        const std::size_t copied = name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
        length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + copied);
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

/// A message of one byte, with room for one descriptor beside it.
struct Message {
    char byte = 0;
    iovec part = {&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header = {};

    Message() {
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = CMSG_LEN(sizeof(int));  // not the space: that may hold two
    }
    Message(const Message&) = delete;
    Message& operator=(const Message&) = delete;
};

/// Says whether the process at the other end has our account. An abstract name has no mode: every
/// account may bind it or connect to it.
inline bool has_our_account(int socket) {
    //! [our account]
    ucred peer = {};
    socklen_t length = sizeof(peer);
    shm::check(getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length), "getsockopt", "peer");
    return peer.uid == geteuid();
    //! [our account]
}
