/// @file
/// Undoing, on every way out of a block. Serves every lesson's program.
#pragma once

#include <unistd.h>  // getpid

#include <utility>

namespace shm {

/// Runs a function when its block ends: by return, by exception, by Ctrl-C (which shm::program()
/// turns into an exception), though not by `kill -9`.
///
/// Declare it right after what it undoes. The function must not throw. A child of fork that leaves
/// the block undoes nothing: what its parent made is its parent's.
template <typename Function>
class Cleanup {
public:
    /// @param function  called once, by the destructor, unless cancel() came first
    explicit Cleanup(Function function) : function_(std::move(function)) {}
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;
    ~Cleanup() {
        if (armed_ && getpid() == maker_) function_();
    }

    /// From here on there is nothing to undo.
    void cancel() noexcept { armed_ = false; }

private:
    Function function_;
    bool armed_ = true;
    pid_t maker_ = getpid();
};

}  // namespace shm
