/// @file
/// Lesson 05: what ring_producer and ring_consumer share: what they are asked for, their wait
/// for a peer that is not there, and the rate at the end.
#pragma once

#include "common/program/options.hpp"
#include "common/program/stop.hpp"
#include "common/program/wait_notice.hpp"
#include "common/ring/ring.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

class RingObject;

/// What both programs can be asked for.
struct Settings {
    std::string name = "/optimized_buffer";
    std::optional<std::uint64_t> count;  ///< messages, in this run
    std::string wait = "block";          ///< or "spin"
    std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

/// How long to sleep at a time, before it looks around: for a signal, for the deadline.
constexpr std::chrono::milliseconds slice{100};

/// Runs a program of the two: reads its settings, calls `stream`, and says what the ring objects to
/// in terms of the object.
/// @param count  how many messages there are without `--count`, for `--help`
int stream_program(int argc, char** argv, const std::string& description, const std::string& count,
                   const std::function<int(const Settings&)>& stream);

/// A process's wait for its peer. When a wait in the ring has ended and nothing has come, it
/// decides whether the process waits again: for `timeout` in all. It says for whom the process
/// waits: at once if the peer was killed or has left, else after a while.
class PeerWait {
public:
    /// @param peer    for whom it waits: "producer" or "consumer"; its program is ring_producer ...
    /// @param object  where the ring lies; it outlives this
    PeerWait(std::string peer, const Settings& settings, const RingObject& object);

    /// Called after a wait that was not `ready`.
    /// @param number  how many messages there were when it was called: each time it has changed,
    ///                `timeout` begins again
    /// @throws shm::Failure if that has not changed for `timeout`, or if no peer can come any more,
    ///         since the object has lost its name; Stopped if a signal asks to end
    void go_on(shm::WaitResult result, std::uint64_t number);

private:
    void require_reachable() const;

    const RingObject& object_;
    std::string peer_, name_;
    std::chrono::milliseconds timeout_;
    std::optional<std::uint64_t> number_;
    shm::Deadline until_;
    shm::WaitNotice notice_;
    bool said_ = false;  ///< that the peer is gone
};

/// Says how fast it went.
/// @param role   "Producer" or "Consumer"
/// @param count  messages of 4 bytes
void say_rate(const std::string& role, std::uint64_t count, std::chrono::nanoseconds time);
