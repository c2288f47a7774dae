/// @file
/// The ring of lesson 05 between processes: one end killed before each single instruction, and the
/// system calls counted.

#include "common/ring/ring.hpp"

#include "tests/faults/single_steps.hpp"
#include "tests/faults/support.hpp"

#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace faults;
using namespace std::chrono_literals;
using shm::RingFor;
using shm::WaitResult;

namespace {

using Number = std::uint32_t;
constexpr std::size_t capacity = 100;
constexpr Number begin = 31;

// Where the ring lies in its page: such that the first message that is sent ends at byte 2048, and
// a ring with numbers also stores its count, which it does each 2 KiB.
constexpr std::size_t place = 896;
static_assert((place + sizeof(shm::ring::Header) + (std::size_t{begin} + 1) * 8) % 2048 == 0);

/// What the child tells before it is killed, and a ring.
template <RingFor use>
struct Shared {
    using Ring = shm::Ring<Number, use>;

    Shared() {
        memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory != MAP_FAILED);
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { munmap(memory, size); }
    /// Returns a new ring in the same memory, without the messages of the one before.
    Ring renew() {
        std::memset(memory, 0, size);
        return Ring::create(static_cast<std::byte*>(memory) + place, size - place, capacity, begin);
    }
    /// How many messages the child has sent, or taken.
    std::atomic<Number>& done() { return *static_cast<std::atomic<Number>*>(memory); }

    static constexpr std::size_t size = place + Ring::bytes(capacity);
    void* memory = nullptr;
};

template <RingFor use>
void send(Shared<use>& shared, const shm::Ring<Number, use>& ring) {
    raise(SIGUSR1);
    {
        shm::Producer producer(ring);
        const auto next = [&] { return static_cast<Number>(producer.sent()); };
        raise(SIGUSR1);
        static_cast<void>(producer.push(next(), 100s));
        shared.done().store(1);
        raise(SIGUSR1);
        Number number = next();  // a span, where there are spans
        const auto slots = producer.reserve(70);
        for (Number& slot : slots) slot = number++;
        producer.publish(slots.size());
        shared.done().store(static_cast<Number>(1 + slots.size()));
        raise(SIGUSR1);
    }
    raise(SIGUSR1);
}

template <RingFor use>
void receive(Shared<use>& shared, const shm::Ring<Number, use>& ring) {
    raise(SIGUSR1);
    {
        shm::Consumer consumer(ring);
        raise(SIGUSR1);
        Number got = 0;
        static_cast<void>(consumer.pop(got, 100s));
        shared.done().store(1);
        raise(SIGUSR1);
        const auto there = consumer.peek(40);
        consumer.release(there.size());
        shared.done().store(static_cast<Number>(1 + there.size()));
        raise(SIGUSR1);
    }
    raise(SIGUSR1);
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("a producer is killed before each of its instructions", "",
                       ((RingFor use), use), RingFor::calls, RingFor::spans) {
    Shared<use> shared;
    sweep([&](int phase, unsigned long steps) {
        const auto ring = shared.renew();
        const int result = kill_after(phase, steps, [&] { send(shared, ring); });
        if (result == -1) return result;
        const std::size_t depth = ring.depth();  // what a successor would go on behind
        shm::Consumer consumer(ring);
        Number taken = 0, got = 0;
        WaitResult news = WaitResult::ready;
        // Before it has claimed its endpoint it may be one that never comes.
        while ((news = consumer.pop(got, phase == 0 ? 0s : 100s)) == WaitResult::ready) {
            REQUIRE(got == begin + taken++);
        }
        // Every message that it had published, and none twice; a span whole or not at all.
        const Number done = shared.done().load();
        REQUIRE(taken == depth);
        REQUIRE(taken >= done);
        REQUIRE(taken <= (phase < 2 ? 1U : 71U));
        const bool was_told = news == WaitResult::peer_died ||
                              (phase == 3 && news == WaitResult::closed) ||
                              (phase == 0 && news == WaitResult::timed_out) || result == 0;
        REQUIRE(was_told);
        shm::Producer successor(ring);
        REQUIRE(successor.sent() == begin + taken);
        REQUIRE(successor.push(begin + taken, 100s) == WaitResult::ready);
        REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
        REQUIRE(got == begin + taken);
        return result;
    });
}

TEMPLATE_TEST_CASE_SIG("a consumer is killed before each of its instructions", "",
                       ((RingFor use), use), RingFor::calls, RingFor::spans) {
    Shared<use> shared;
    sweep([&](int phase, unsigned long steps) {
        const auto ring = shared.renew();
        shm::Producer producer(ring);
        while (producer.try_push(static_cast<Number>(producer.sent()))) {
        }
        REQUIRE(producer.sent() == begin + capacity);
        const int result = kill_after(phase, steps, [&] { receive(shared, ring); });
        if (result == -1) return result;
        // The news comes when there is no room; what the dead one gave back can be filled again.
        WaitResult news = WaitResult::ready;
        while ((news = producer.wait(phase == 0 ? 0s : 100s)) == WaitResult::ready) {
            REQUIRE(producer.try_push(static_cast<Number>(producer.sent())));
        }
        const bool was_told = news == WaitResult::peer_died ||
                              (phase == 3 && news == WaitResult::closed) ||
                              (phase == 0 && news == WaitResult::timed_out) || result == 0;
        REQUIRE(was_told);
        const auto given_back = static_cast<Number>(producer.sent() - begin - capacity);
        const Number done = shared.done().load();
        REQUIRE(given_back >= done);
        REQUIRE(given_back <= (phase < 2 ? 1U : 41U));
        shm::Consumer successor(ring);
        REQUIRE(successor.taken() == begin + given_back);
        Number got = 0;
        for (Number i = 0; i < capacity; ++i) {
            REQUIRE(successor.pop(got, 100s) == WaitResult::ready);
            REQUIRE(got == begin + given_back + i);
        }
        REQUIRE(successor.pop(got, 0s) == WaitResult::timed_out);
        return result;
    });
}

TEST_CASE("a consumer that waits for several rings, or polls, is killed at any instruction") {
    Shared<RingFor::spans> shared;
    const int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    sweep([&](int phase, unsigned long steps) {
        const auto ring = shared.renew();
        shm::Producer producer(ring);
        producer.wake_by(event);
        const int result = kill_after(phase, steps, [&] {
            raise(SIGUSR1);
            {
                shm::Consumer consumer(ring);
                raise(SIGUSR1);
                static_cast<void>(shm::wait_any(0s, consumer));
                raise(SIGUSR1);
                static_cast<void>(consumer.begin_poll());
                consumer.end_poll(event);
                raise(SIGUSR1);
            }
            raise(SIGUSR1);
        });
        if (result == -1) return result;
        // Whatever the dead one said of its sleep, its peer goes on, and so does its successor.
        alarm(30);  // ends a call that never does
        for (Number i = 0; i < 3; ++i) REQUIRE(producer.try_push(begin + i));
        shm::Consumer successor(ring);
        REQUIRE(shm::wait_any(100s, successor).result == WaitResult::ready);
        REQUIRE(successor.begin_poll() == 0);
        Number got = 0;
        for (Number i = 0; i < 3; ++i) REQUIRE((successor.try_pop(got) && got == begin + i));
        REQUIRE(successor.begin_poll() > 0);
        std::uint64_t count = 0;
        static_cast<void>(read(event, &count, sizeof(count)));
        REQUIRE(producer.try_push(33));
        REQUIRE(read(event, &count, sizeof(count)) == sizeof(count));
        alarm(0);
        return result;
    });
    close(event);
}

TEST_CASE("a producer whose consumer is awake makes no system calls for its messages") {
    const harness::Given given("strace");
    const std::string counts = given.directory() / "counts";
    if (address_sanitizer || run({"/usr/bin/env", "strace", "-o", counts, "true"}).end != "0") {
        return testing::skip("needs strace, and no AddressSanitizer");
    }
    const Place place;
    const Words words = place.ring_producer({"--count", "3000000", "--wait", "spin"});
    Words counted = {"/usr/bin/env", "strace", "-c", "-o", counts};
    counted.insert(counted.end(), words.begin(), words.end());
    Program consumer(place.ring_consumer({"--wait", "spin"}));
    const Finished producer = run(counted);
    INFO(producer.err << consumer.finish().err);
    REQUIRE(producer.end == "0");
    // Columns: % time, seconds, usecs/call, calls, perhaps errors, syscall.
    std::ifstream file(counts);
    unsigned long calls = 0;
    for (std::string line; std::getline(file, line);) {
        std::istringstream columns(line);
        double share = 0, seconds = 0, each = 0;
        unsigned long number = 0;
        std::string last;
        if (!(columns >> share >> seconds >> each >> number)) continue;
        while (columns >> last) {
        }
        if (last == "total") calls = number;
    }
    std::printf("%lu system calls for 3,000,000 messages\n", calls);
    CHECK(calls > 10);     // the loader's alone are more
    CHECK(calls < 30000);  // of those for a full ring there may be some thousand on one CPU
}
