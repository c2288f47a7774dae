#include "mechanism.hpp"

#include "common/program/check.hpp"

#include <unistd.h>  // read, write

#include <cerrno>

namespace comparison {

std::vector<Mechanism> mechanisms() {
    std::vector<Mechanism> all;
    for (auto& group : {rings(), iceoryx(), pipes(), sockets(), queues(), others()}) {
        all.insert(all.end(), group.begin(), group.end());
    }
    return all;
}

void write_all(int fd, std::span<const std::byte> bytes, const char* what) {
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written == -1 && errno == EINTR) continue;
        bytes = bytes.subspan(static_cast<std::size_t>(shm::check(written, "write", what)));
    }
}

void read_all(int fd, Bytes bytes, const char* what) {
    while (!bytes.empty()) {
        const ssize_t got = read(fd, bytes.data(), bytes.size());
        if (got == -1 && errno == EINTR) continue;
        if (got == 0) throw shm::Failure(std::string(what) + ": the other side has ended");
        bytes = bytes.subspan(static_cast<std::size_t>(shm::check(got, "read", what)));
    }
}

}  // namespace comparison
