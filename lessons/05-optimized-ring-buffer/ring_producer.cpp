/// @file
/// Lesson 05: streams messages into the ring; each is its own number. Start `ring_consumer` before
/// or after it, kill either, and start it again.

#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "ring_object.hpp"
#include "stream.hpp"

#include <chrono>

using shm::WaitResult;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t default_count = 100'000'000;

//! [push message]
/// Always inlined, so that the producer's numbers stay in registers.
template <bool spin>
[[gnu::always_inline]] inline WaitResult push(shm::Producer<Number>& producer, Number message) {
    if (producer.try_push(message)) return WaitResult::ready;
    shm::check_stop();  // now, too: while the consumer is only slow, each wait below brings room
    if constexpr (!spin) return producer.push(message, slice);
    for (;;) {
        for (int looks = 0; looks < 1'000'000; ++looks) {
            if (producer.try_push(message)) return WaitResult::ready;
        }
        const WaitResult result = producer.wait(0ns);  // a full ring: does the consumer live?
        if (result != WaitResult::ready) return result;
    }
}
//! [push message]

/// Waits until all that was sent has been taken.
[[gnu::always_inline]] inline void flush(shm::Producer<Number>& producer, PeerWait& wait) {
    for (WaitResult result; (result = producer.flush(slice)) != WaitResult::ready;) {
        wait.go_on(result, producer.sent());
    }
}

//! [send stream]
template <bool spin>
int send(const Settings& settings) {
    const RingObject object(settings.name, shm::Deadline::after(settings.timeout));
    PeerWait wait("consumer", settings, object);
    const std::uint64_t count = settings.count.value_or(default_count);

    shm::Producer producer(object.ring());  // a local variable: its numbers stay in registers
    const std::uint64_t begin = producer.sent(), end = begin + count;
    shm::say("Producer: begins with message {}", begin);
    auto start = Clock::now();
    while (producer.sent() != end) {
        const std::uint64_t number = producer.sent();
        const WaitResult result = push<spin>(producer, static_cast<Number>(number));
        if (result != WaitResult::ready) [[unlikely]] {
            wait.go_on(result, number);
            continue;
        }
        if (number == begin) {  // the clock starts when a consumer has taken the first message
            flush(producer, wait);
            shm::say("Producer: a consumer is there");
            start = Clock::now();
        }
        if (number % (1 << 20) == 0) shm::check_stop();
    }
    flush(producer, wait);
    shm::say("Producer: Sent {}, the last is number {}", shm::count_text(count, "message"),
             end - 1);
    say_rate("Producer", count, Clock::now() - start);
    return 0;
}
//! [send stream]

}  // namespace

int main(int argc, char** argv) {
    return stream_program(argc, argv, "Streams messages into a ring in shared memory.",
                          std::to_string(default_count), [](const Settings& settings) {
                              return settings.wait == "spin" ? send<true>(settings)
                                                             : send<false>(settings);
                          });
}
