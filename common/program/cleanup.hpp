/// @file
/// Undoing, on every way out of a block. Serves every lesson's program.
#pragma once

#include <unistd.h>  // getpid

#include <utility>

namespace shm {

/// Called where an exception is handled that has left a clean-up: says it, and lets shm::program()
/// end with status 1. On the way out it cannot be thrown on, and no success either.
void note_failed_cleanup() noexcept;

/// Says whether a clean-up of this process has failed so far.
bool has_failed_cleanup();

/// Runs a function when its block ends: by return, by exception, by Ctrl-C (which the next wait, or
/// check_stop(), turns into an exception; a loop with neither goes on), though not by `kill -9`.
///
/// Declare it right after what it undoes. What the function throws is said (note_failed_cleanup()).
/// A child of fork that leaves the block undoes nothing: what its parent made is its parent's.
template <typename Function>
class Cleanup {
public:
    /// @param function  called once, by the destructor, unless cancel() came first
    explicit Cleanup(Function function) : function_(std::move(function)) {}
    Cleanup(const Cleanup&) = delete;
    Cleanup& operator=(const Cleanup&) = delete;
    ~Cleanup() {
        if (!armed_ || getpid() != maker_) return;
        try {
            function_();
        } catch (...) {
            note_failed_cleanup();
        }
    }

    /// From here on there is nothing to undo.
    void cancel() noexcept { armed_ = false; }

private:
    Function function_;
    bool armed_ = true;
    pid_t maker_ = getpid();
};

}  // namespace shm
