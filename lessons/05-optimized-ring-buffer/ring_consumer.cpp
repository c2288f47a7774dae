/// @file
/// Lesson 05: takes messages from the ring and checks each one's number. Start it before or after
/// `ring_producer`, kill either, and start it again.

#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/shell.hpp"
#include "ring_object.hpp"
#include "stream.hpp"

#include <chrono>

using shm::WaitResult;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

//! [pop message]
/// Always inlined, so that the consumer's numbers stay in registers.
template <bool spin>
[[gnu::always_inline]] inline WaitResult pop(shm::Consumer<Number>& consumer, Number& message) {
    if (consumer.try_pop(message)) return WaitResult::ready;
    shm::check_stop();  // now, too: while the producer is only slow, each wait brings a message
    if constexpr (!spin) return consumer.pop(message, slice);
    for (;;) {
        for (int looks = 0; looks < 1'000'000; ++looks) {
            if (consumer.try_pop(message)) return WaitResult::ready;
        }
        const WaitResult result = consumer.wait(0ns);  // an empty ring: does the producer live?
        if (result != WaitResult::ready) return result;
    }
}
//! [pop message]

[[noreturn]] void complain(const std::string& name, std::uint64_t number, Number got) {
    throw shm::Failure(
        fmt::format("{0}: message {1} says that it is {2}: something else writes there; see "
                    "who: fuser -v {3}",
                    name, number, got, shm::object_for_shell(name)));
}

//! [receive stream]
template <bool spin>
int receive(const Settings& settings) {
    const RingObject object(settings.name, shm::Deadline::after(settings.timeout));
    PeerWait wait("producer", settings, object);

    shm::Consumer consumer(object.ring());  // a local variable: its numbers stay in registers
    const std::uint64_t begin = consumer.taken(), end = begin + settings.count.value_or(UINT64_MAX);
    shm::say("Consumer: begins with message {}", begin);
    auto start = Clock::now();
    while (consumer.taken() != end) {
        const std::uint64_t number = consumer.taken();
        Number got = 0;
        const WaitResult result = pop<spin>(consumer, got);
        // Not before we have taken something: it may have left before we came.
        if (result == WaitResult::closed && !settings.count && consumer.taken() != begin) break;
        if (result != WaitResult::ready) [[unlikely]] {
            wait.go_on(result, number);
            continue;
        }
        if (got != static_cast<Number>(number)) complain(settings.name, number, got);
        if (number == begin) start = Clock::now();
        if (number % (1 << 20) == 0) shm::check_stop();
    }
    const std::uint64_t count = consumer.taken() - begin;
    shm::say("Consumer: Received {}, each once and in order", shm::count_text(count, "message"));
    if (count > 1) say_rate("Consumer", count, Clock::now() - start);
    return 0;
}
//! [receive stream]

}  // namespace

int main(int argc, char** argv) {
    return stream_program(
        argc, argv, "Takes messages from a ring in shared memory, and checks them.",
        "until the producer has left", [](const Settings& settings) {
            return settings.wait == "spin" ? receive<true>(settings) : receive<false>(settings);
        });
}
