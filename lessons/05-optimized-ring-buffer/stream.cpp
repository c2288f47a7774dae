#include "stream.hpp"

#include "common/error.hpp"
#include "common/program.hpp"
#include "ring_object.hpp"

#include <fmt/format.h>

using namespace std::chrono_literals;
using shm::Waited;

int stream_program(int argc, char** argv, const std::string& description,
                   const std::function<int(const Settings&)>& stream) {
    Settings settings;
    return shm::program(
        argc, argv, description,
        [&](shm::Options& options) {
            options.object_name("--name", settings.name, "The object's name");
            options.number("--count", settings.count, 1, UINT64_MAX / 2, "How many messages");
            options.choice("--wait", settings.wait, {"spin", "block"},
                           "Look again and again, or sleep in the kernel after a while");
            options.milliseconds("--timeout-ms", settings.timeout,
                                 "How long to wait when nothing moves");
        },
        [&] {
            try {
                return stream(settings);
            } catch (const shm::RingError& error) {
                throw shm::Failure(fmt::format("{0}: {1}; see who uses it: fuser -v /dev/shm{0}",
                                               settings.name, error.what()));
            }
        });
}

Patience::Patience(std::string peer, const Settings& settings)
    : peer_(std::move(peer)),
      name_(settings.name),
      timeout_(settings.timeout),
      until_(shm::Deadline::after(timeout_)) {}

void Patience::wait_on(Waited waited, std::uint64_t number) {
    shm::check_stop();
    if (number_ != number) {
        number_ = number;
        until_ = shm::Deadline::after(timeout_);
        said_ = false;
    }
    const bool gone = waited == Waited::died || waited == Waited::finished;
    const std::string start = fmt::format("ring_{} --name {}", peer_, name_);
    if (until_.passed()) {
        throw shm::Failure(
            fmt::format("{}: {} within {} ms, at message {}; {} {}", name_,
                        gone ? "no other " + peer_ : "nothing moved", timeout_.count(), number,
                        gone ? "start one:" : "does a " + peer_ + " run? Start it:", start));
    }
    if (!gone) return;
    if (!said_) {
        shm::note("the {} {}; at message {}; waits for another: {}", peer_,
                  waited == Waited::died ? "was killed" : "has left", number, start);
        said_ = true;
    }
    shm::pause_for(1ms);
}

void say_rate(const std::string& role, std::uint64_t count, std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    const double rate = static_cast<double>(count) / seconds / 1e6;
    shm::say("{}: {:.2f} s, {:.1f} million messages/s, {:.0f} MB/s", role, seconds, rate,
             rate * sizeof(Number));
}
