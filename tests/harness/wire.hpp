/// @file
/// What the process that plays a scene tells the one that asked for it, through a pipe.
#pragma once

#include "tests/harness/child.hpp"
#include "tests/harness/runner.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harness {

/// One thing told.
struct Message {
    enum class Type : int {
        starts,
        out,
        err,
        is_given,
        is_killed,
        ends,  // as in Observer
        left_kind,
        left_what,  // a Leftover, in two messages
        wrong,      // a paragraph of why it failed
        passed,
        failed,
        skipped,  // the verdict, with the report
        refused,  // no namespaces, and why
    };
    Type type = Type::failed;
    int lane = 0;
    pid_t pid = 0;
    std::chrono::milliseconds time{};
    std::string text;
};

/// Writes a message whole.
/// @throws shm::SystemError if nobody reads any more
void send(const shm::Descriptor& to, const Message& message);

/// Waits for the next message; nothing: the other side has ended.
/// @throws shm::Stopped if a signal asks us to end
std::optional<Message> receive(const shm::Descriptor& from);

/// Sends on what it is told.
class Teller : public Observer {
public:
    explicit Teller(const shm::Descriptor& to) : to_(to) {}
    void starts(const Lane& lane, Time time) override;
    void prints(const Lane& lane, Time time, Stream stream, const std::string& line) override;
    void is_given(const Lane& lane, Time time, const std::string& input) override;
    void is_killed(const Lane& lane, Time time, const std::string& how) override;
    void ends(const Lane& lane, Time time, const std::string& how) override;

private:
    const shm::Descriptor& to_;
};

/// Tells `observer` what a Teller sent; keeps the lanes' pids up to date. Returns false if the
/// message is not one of a Teller's.
bool tell(const Message& message, std::vector<Lane>& lanes, Observer& observer);

}  // namespace harness
