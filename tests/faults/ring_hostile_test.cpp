/// @file
/// The ring of lesson 05 with a process that writes nonsense into it: each call of the other end
/// says ready, timed_out, closed or peer_died in its time, or throws RingError, and touches nothing
/// beyond the ring.

#include "common/ring/ring.hpp"

#include "tests/faults/hostile_peer.hpp"
#include "tests/faults/support.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

using namespace faults;
using namespace std::chrono_literals;
using shm::RingFor;

namespace {

using Number = std::uint32_t;
using Header = shm::ring::Header;
constexpr std::size_t capacity = 64;
constexpr std::uint64_t begin = 15 * capacity + 30;  // in the page behind, if it were a slot
template <RingFor kind>
class Guarded {
public:
    using Ring = shm::Ring<Number, kind>;
    static constexpr std::size_t bytes = (Ring::bytes(capacity) + 127) / 128 * 128;

    Guarded() {
        const int protection = PROT_NONE, flags = MAP_SHARED | MAP_ANONYMOUS;
        memory_ = static_cast<std::byte*>(mmap(nullptr, size + 2 * page, protection, flags, -1, 0));
        REQUIRE(memory_ != MAP_FAILED);
        REQUIRE(mprotect(memory_ + page, size, PROT_READ | PROT_WRITE) == 0);
        ring_ = memory_ + page + size - bytes;
    }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;
    ~Guarded() { munmap(memory_, size + 2 * page); }

    Ring renew() const {
        std::memset(ring_, 0, bytes);
        return Ring::create(ring_, bytes, capacity, begin);
    }
    Ring open() const { return Ring::open(ring_, bytes); }
    /// Says whether messages lie where messages may lie.
    bool holds(std::span<const Number> messages) const {
        const auto* first = reinterpret_cast<const std::byte*>(messages.data());
        return messages.empty() ||
               (first >= ring_ + sizeof(Header) && first + messages.size_bytes() <= ring_ + bytes);
    }
    /// Says whether a word of 8 bytes is to be left alone.
    bool is_lock(std::size_t at) const {
        return faults::is_lock(*reinterpret_cast<const Header*>(ring_), at);
    }
    /// Writes a word of 8 bytes.
    void write(std::size_t at, std::uint64_t value) const {
        // relaxed: nobody is to find sense in it; but each store is made
        reinterpret_cast<std::atomic<std::uint64_t>*>(ring_ + at)
            ->store(value, std::memory_order_relaxed);
    }

private:
    static constexpr std::size_t size = (bytes + page - 1) / page * page;
    std::byte* memory_ = nullptr;
    std::byte* ring_ = nullptr;
};

/// Calls everything that a producer has, and a consumer; calls `between` with 1 and 3 when either
/// is at work, with 2 and 4 right before it waits.
template <RingFor kind, typename Between>
void use(const Guarded<kind>& guarded, const shm::Ring<Number, kind>& ring, Ends& ends,
         Between between) {
    alarm(30);  // ends a call that never does
    const auto time = 200us;
    const auto check_holds = [&](std::span<const Number> messages) {
        if (!guarded.holds(messages)) _exit(3);
    };
    try {
        shm::Producer producer(ring);
        ends.count(producer.push(1, 0us));
        between(1);
        for (int i = 0; i < 3; ++i) {
            const auto slots = producer.reserve(100);
            check_holds(slots);
            std::fill(slots.begin(), slots.end(), 2);
            producer.publish(slots.size());
        }
        for (std::size_t i = 0; i <= 2 * capacity && producer.try_push(3); ++i) {
        }
        between(2);
        ends.count(producer.wait(time));
        if (producer.begin_poll() < 0) _exit(4);
        ends.count(producer.push(4, time));
        ends.count(producer.flush(time));
    } catch (const shm::RingError&) {
        ++ends.errors;
    }
    try {
        shm::Consumer consumer(ring);
        Number got = 0;
        ends.count(consumer.pop(got, 0us));
        between(3);
        for (int i = 0; i < 3; ++i) {
            const auto there = consumer.peek(100);
            check_holds(there);
            for (const Number& message : there) got += message;
            if (!there.empty()) consumer.release(there.size());
        }
        for (std::size_t i = 0; i <= 2 * capacity && consumer.try_pop(got); ++i) {
        }
        between(4);
        ends.count(consumer.wait(time));
        ends.count(shm::wait_any(time, consumer).result);
        if (const int poll_time = consumer.begin_poll(); poll_time < 0 || poll_time > 250) _exit(4);
        ends.count(consumer.pop(got, time));
    } catch (const shm::RingError&) {
        ++ends.errors;
    }
}

/// The words that tell the ring anything, by where they lie.
template <RingFor kind>
std::vector<std::size_t> words_that_count() {
    std::vector<std::size_t> words = {offsetof(Header, magic), offsetof(Header, capacity),
                                      offsetof(Header, sent), offsetof(Header, released)};
    for (std::size_t at = 0; at < sizeof(shm::ring::Tag); at += 8)
        words.push_back(offsetof(Header, tag) + at);
    for (const std::size_t endpoint : {offsetof(Header, producer), offsetof(Header, consumer)}) {
        for (const std::size_t word :
             {offsetof(shm::ring::Endpoint, state), offsetof(shm::ring::Endpoint, peer_cpu),
              offsetof(shm::ring::Endpoint, asleep)})  // `fenced` lies beside `state`
            words.push_back(endpoint + word);
    }
    if (kind == RingFor::spans) return words;
    // The numbers of the first messages, from 30 on, and of those around the end of the memory.
    for (const std::size_t slot : {0, 1, 30, 31, 33, 63})
        words.push_back(sizeof(Header) + slot * 8);
    return words;
}

const std::vector<std::uint64_t> nonsense = {
    // clang-format off
    0, 2, begin - 1, begin + 1, begin + capacity, begin + capacity + 1, 2 * capacity + 1,
    1000, 1'000'000, 0x7fff'ffff, 0xffff'ffff, 1ULL << 32, 1ULL << 63, ~0ULL};
// clang-format on

}  // namespace

TEMPLATE_TEST_CASE_SIG("nonsense in any word of a ring is an error or news, in time", "",
                       ((RingFor kind), kind), RingFor::calls, RingFor::spans) {
    const Guarded<kind> guarded;
    const SharedTable table;
    const Child hostile([&] { write_when_asked(guarded, table); });
    Child victim([&] {
        meet_all(guarded, table, words_that_count<kind>(), nonsense,
                 [&](const auto& ring, Ends& ends, const auto& between) {
                     use(guarded, ring, ends, between);
                 });
    });
    const int status = victim.wait();
    INFO("byte " << table->at << ", value " << table->value << ", "
                 << moments.at(static_cast<std::size_t>(table->moment)));
    CHECK(status == 0);
    // It was not in vain: calls have ended in every way.
    for (const auto& count : table->ends.results) CHECK(count > 0);
    CHECK(table->ends.errors > 0);
}

TEMPLATE_TEST_CASE_SIG("a process that writes nonsense all the time does no more than that", "",
                       ((RingFor kind), kind), RingFor::calls, RingFor::spans) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        const Guarded<kind> guarded;
        const SharedTable table;
        const auto ring = guarded.renew();
        const Child hostile([&] { scribble(guarded, seed, sizeof(Header), guarded.bytes); });
        Child victim([&] {
            const auto end = std::chrono::steady_clock::now() + 15ms;
            while (std::chrono::steady_clock::now() < end)
                use(guarded, ring, table->ends, [](int) {});
        });
        REQUIRE(victim.wait() == 0);
    }
}

TEMPLATE_TEST_CASE_SIG("a number that no producer can have written is an error", "",
                       ((RingFor kind), kind), RingFor::calls, RingFor::spans) {
    const Guarded<kind> guarded;
    shm::Consumer consumer(guarded.renew());
    const std::size_t slot = begin % capacity;
    const std::size_t number =
        kind == RingFor::calls ? sizeof(Header) + slot * 8 : offsetof(Header, sent);
    guarded.write(number, begin + capacity + 1);
    Number got = 0;
    CHECK_THROWS_AS(consumer.try_pop(got), shm::RingError);
}

TEST_CASE("a capacity that changes all the time is read once, and checked") {
    const Guarded<RingFor::spans> guarded;
    guarded.renew();
    const Child hostile([&] {
        for (;;) {  // not faster, or the line hardly ever leaves this processor
            guarded.write(offsetof(Header, capacity), capacity);
            getppid();
            guarded.write(offsetof(Header, capacity), 16 * capacity);
            getppid();
        }
    });
    Child victim([&] {
        alarm(30);
        for (int i = 0; i < 50'000; ++i) {
            try {
                const shm::Consumer consumer(guarded.open());
                // Beyond the ring, if it believed it.
                static_cast<void>(shm::Producer(guarded.open()).try_push(1));
            } catch (const shm::RingError&) {
            }
        }
    });
    CHECK(victim.wait() == 0);
}
