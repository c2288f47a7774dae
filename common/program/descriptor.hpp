/// @file
/// A file descriptor that is closed with its owner. Serves every lesson's program.
#pragma once

#include <unistd.h>  // close

#include <utility>

namespace shm {

/// Owns a file descriptor, or none (-1). A child of fork has a copy of the descriptor and of this
/// owner: what the two lead to, with its OFD locks, stays open until both are closed.
class Descriptor {
public:
    /// Owns `fd` from here on.
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    /// Takes it over: the other one has none then.
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    /// Takes it over; the other one gets what this had.
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() { reset(); }
    /// Returns the number; -1: none.
    int get() const { return fd_; }
    /// Says whether there is one.
    bool is_open() const { return fd_ != -1; }
    /// Gives it away: it is no longer closed here.
    int release() { return std::exchange(fd_, -1); }
    /// Closes it now.
    void reset() {
        if (fd_ != -1) close(release());  // what close() says would be about writes long made
    }

private:
    int fd_;
};

}  // namespace shm
