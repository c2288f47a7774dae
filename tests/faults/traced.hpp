/// @file
/// A program of a lesson whose steps are the test's: for an order of two steps that cannot be seen
/// from outside, and for what a peer may do between them.
#pragma once

#include "common/program/descriptor.hpp"
#include "tests/faults/support.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

namespace faults {

/// A system call that is about to begin, or that has just ended.
struct Call {
    long number;  ///< SYS_...
    std::array<std::uint64_t, 6> arguments;
    bool has_ended;
};

/// A program under ptrace (man 2 ptrace), which goes on only when it is told to. Its standard input
/// is empty. Killed with this object.
class Traced {
public:
    explicit Traced(const Words& words);
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;
    ~Traced();

    /// Returns why it cannot be traced here; "": it can.
    const std::string& refused() const { return refused_; }
    /// Goes on to the next beginning or end of a system call; nothing if the program has ended.
    std::optional<Call> next_call();
    /// Goes on to such a call; fails the test if the program ends without.
    Call go_on_to(const std::function<bool(const Call&)>& is_meant);
    /// Goes on by one instruction; fails the test if that is the program's end.
    void step();
    /// Reads from the program's memory, `most` bytes at most.
    std::string text_at(std::uint64_t address, std::size_t most) const;
    /// Goes on to its end; returns how it ended, and what it wrote.
    Finished finish();

private:
    int go_on(int request);

    pid_t pid_ = -1;
    shm::Descriptor out_, err_;
    std::string refused_;
    long call_ = -1;  // that has begun
    std::array<std::uint64_t, 6> arguments_ = {};
    std::optional<int> ended_;  // with which status
};

}  // namespace faults
