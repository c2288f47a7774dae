#include "stream.hpp"

#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/shell.hpp"
#include "ring_object.hpp"

#include <fmt/core.h>

using namespace std::chrono_literals;
using shm::WaitResult;

int stream_program(int argc, char** argv, const std::string& description, const std::string& count,
                   const std::function<int(const Settings&)>& stream) {
    Settings settings;
    return shm::program(
        argc, argv, description,
        [&](shm::Options& options) {
            options.object_name("--name", settings.name, "The object's name");
            options.number("--count", settings.count, 1, UINT64_MAX / 2, count,
                           "How many messages");
            options.choice("--wait", settings.wait, {"spin", "block"},
                           "Look again and again, or sleep in the kernel after a while");
            options.milliseconds("--timeout-ms", settings.timeout,
                                 "How long to wait when nothing moves");
        },
        [&] {
            try {
                return stream(settings);
            } catch (const shm::RingError& error) {
                throw shm::Failure(fmt::format("{0}: {1}; see who uses it: fuser -v {2}",
                                               settings.name, error.what(),
                                               shm::object_for_shell(settings.name)));
            }
        });
}

PeerWait::PeerWait(std::string peer, const Settings& settings, const RingObject& object)
    : object_(object),
      peer_(std::move(peer)),
      name_(settings.name),
      timeout_(settings.timeout),
      until_(shm::Deadline::after(timeout_)),
      notice_(timeout_) {}

//! [look at name]
/// A peer that is attached goes on without the name; one that starts finds another ring, or none.
void PeerWait::require_reachable() const {
    if (object_.has_name() || (object_.is_shared() && !until_.passed())) return;
    throw shm::Failure(
        fmt::format("{0}: no {1} can come any more: the name was removed, or leads to another "
                    "object, while this process used it; {2}start both again",
                    name_, peer_, object_.is_shared() ? "end who is still attached, and " : ""));
}
//! [look at name]

void PeerWait::go_on(WaitResult result, std::uint64_t number) {
    shm::check_stop();
    if (number_ != number) {
        number_ = number;
        until_ = shm::Deadline::after(timeout_);
        notice_ = shm::WaitNotice(timeout_);
        said_ = false;
    }
    require_reachable();
    const bool gone = result == WaitResult::peer_died || result == WaitResult::closed;
    const std::string start =
        fmt::format("{} --name {}", shm::command_beside("ring_" + peer_), shm::for_shell(name_));
    const std::string cure = "in a second terminal: " + start;
    if (!gone) {
        notice_.look(fmt::format("a {}, at message {}", peer_, number),
                     cure + "; after Ctrl-Z: fg");
    } else if (!said_) {
        shm::note_wait(
            timeout_,
            fmt::format("another {}, at message {}: the last one {}", peer_, number,
                        result == WaitResult::peer_died ? "was killed, or gave up" : "has left"),
            cure);
        said_ = true;
    }
    if (until_.passed()) {
        throw shm::Failure(fmt::format(
            "{}: {} within {}, at message {}; {} {}", name_,
            gone ? "no other " + peer_ : "nothing moved", shm::time_text(timeout_), number,
            gone ? "start one:" : "does a " + peer_ + " run? Start it:", start));
    }
    if (gone) shm::pause_for(1ms);
}

void say_rate(const std::string& role, std::uint64_t count, std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    const double rate = static_cast<double>(count) / seconds / 1e6;
    shm::say("{}: {:.2f} s, {:.1f} million messages/s, {:.0f} MB/s", role, seconds, rate,
             rate * sizeof(Number));
}
