#include "mechanism.hpp"

#include "common/program/check.hpp"

#include <fmt/core.h>

#include <arpa/inet.h>    // htonl
#include <netinet/in.h>   // sockaddr_in
#include <netinet/tcp.h>  // TCP_NODELAY
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

using shm::check;

namespace comparison {

namespace {

void set(int fd, int level, int option, int value) {
    check(setsockopt(fd, level, option, &value, sizeof(value)), "setsockopt", "a socket");
}

/// How large a socket's buffer an ordinary user may ask for (man 7 socket).
int most_buffer() {
    std::ifstream file("/proc/sys/net/core/wmem_max");
    int most = 0;
    return file >> most ? most : 212'992;
}

class StreamEnd : public BufferedEnd {
public:
    StreamEnd(std::size_t bytes, Descriptor fd) : BufferedEnd(bytes), fd_(std::move(fd)) {}
    void send() override { write_all(fd_.get(), outgoing_, "a socket"); }
    std::span<const std::byte> receive() override {
        read_all(fd_.get(), incoming_, "a socket");
        return incoming_;
    }

private:
    Descriptor fd_;
};

/// Each message arrives as it was sent, or not at all: one call for each.
class MessageEnd : public BufferedEnd {
public:
    MessageEnd(std::size_t bytes, Descriptor fd) : BufferedEnd(bytes), fd_(std::move(fd)) {}
    void send() override {
        check(::send(fd_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL), "send",
              "a socket");
    }
    std::span<const std::byte> receive() override {
        const ssize_t got =
            check(recv(fd_.get(), incoming_.data(), incoming_.size(), 0), "recv", "a socket");
        if (static_cast<std::size_t>(got) != incoming_.size()) {
            throw shm::Failure("a socket: the other side has ended");
        }
        return incoming_;
    }

private:
    Descriptor fd_;
};

class SocketChannel : public Channel {
public:
    SocketChannel(std::size_t bytes, bool messages, int first, int second)
        : bytes_(bytes), messages_(messages), ends_{Descriptor(first), Descriptor(second)} {}
    std::unique_ptr<End> open(Side side) override {
        const std::size_t mine = side == Side::client ? 0 : 1;
        ends_[1 - mine] = Descriptor();
        if (messages_) return std::make_unique<MessageEnd>(bytes_, std::move(ends_[mine]));
        return std::make_unique<StreamEnd>(bytes_, std::move(ends_[mine]));
    }

private:
    std::size_t bytes_;
    bool messages_;
    std::array<Descriptor, 2> ends_;
};

std::unique_ptr<Channel> unix_pair(std::size_t bytes, int type) {
    int fds[2];
    check(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), "socketpair", "AF_UNIX");
    const bool messages = type != SOCK_STREAM;
    auto channel = std::make_unique<SocketChannel>(bytes, messages, fds[0], fds[1]);
    const int buffer = std::clamp<int>(static_cast<int>(2 * bytes), 212'992, most_buffer());
    for (const int fd : fds) set(fd, SOL_SOCKET, SO_SNDBUF, buffer);
    int given = 0;
    socklen_t length = sizeof(given);
    check(getsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &given, &length), "getsockopt", "SO_SNDBUF");
    // What is given counts the kernel's own overhead as well (man 7 socket).
    if (messages && static_cast<std::size_t>(given) < bytes + 4096) {
        throw Skipped(
            fmt::format("must fit into a buffer of {} bytes: "
                        "net.core.wmem_max",
                        given));
    }
    return channel;
}

std::unique_ptr<Channel> tcp(std::size_t bytes) {
    const Descriptor listener(
        check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket", "TCP"));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof(address);
    if (bind(listener.get(), any, length) == -1) {
        throw Skipped("this place has no loopback network: " +
                      std::generic_category().message(errno));
    }
    check(listen(listener.get(), 1), "listen", "loopback");
    check(getsockname(listener.get(), any, &length), "getsockname", "loopback");
    Descriptor one(check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket", "TCP"));
    if (connect(one.get(), any, length) == -1) {
        throw Skipped("this place has no loopback network: " +
                      std::generic_category().message(errno));
    }
    Descriptor other(
        check(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4", "loopback"));
    for (const int fd : {one.get(), other.get()}) set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return std::make_unique<SocketChannel>(bytes, false, one.release(), other.release());
}

}  // namespace

std::vector<Mechanism> sockets() {
    return {
        {"Unix stream", 2, [](std::size_t bytes) { return unix_pair(bytes, SOCK_STREAM); }},
        {"Unix seqpacket", 2, [](std::size_t bytes) { return unix_pair(bytes, SOCK_SEQPACKET); }},
        {"Unix datagram", 2, [](std::size_t bytes) { return unix_pair(bytes, SOCK_DGRAM); }},
        {"TCP, loopback", 2, [](std::size_t bytes) { return tcp(bytes); }}};
}

}  // namespace comparison
