/// @file
/// Telling the person at the terminal that this process waits for another one. Serves every program
/// of the lessons that waits for a peer.
#pragma once

#include "common/program/stop.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace shm {

/// Says on standard error that this process waits, and how the wait can end: "waiting up to 60 s
/// for a consumer; in a second terminal: consumer --key 12345".
///
/// @param at_most   after how long the wait gives up
/// @param for_whom  "a consumer"
/// @param cure      what the person can do: "in a second terminal: consumer --key 12345"
void note_wait(std::chrono::milliseconds at_most, std::string_view for_whom, std::string_view cure);

/// Calls note_wait() once, when a wait has lasted so long that a person begins to wonder: half a
/// second. The environment's SHM_WAIT_NOTICE_MS sets another time: 0 for at once, `never` for not
/// at all. (A scene, which is a test, sets `never`: what it prints must not depend on how fast the
/// machine is.)
class WaitNotice {
public:
    /// The wait begins now.
    /// @param at_most  after how long it gives up
    explicit WaitNotice(std::chrono::milliseconds at_most);

    /// Called in each round of the wait, before the round's sleep; speaks at most once.
    void look(std::string_view for_whom, std::string_view cure);

    /// Another wait of the same kind begins now. What has been said is not said again.
    void begin_again();

private:
    std::chrono::milliseconds at_most_;
    std::optional<Deadline> speaks_;  ///< when it may speak; empty: never, or no more
};

/// Returns the cure for a peer that may be stopped, for note_wait(): "is it stopped (Ctrl-Z)? In
/// its terminal: fg".
std::string_view if_stopped();

/// Returns a time as a person reads it: "60 s", "1500 ms".
std::string time_text(std::chrono::milliseconds time);

}  // namespace shm
