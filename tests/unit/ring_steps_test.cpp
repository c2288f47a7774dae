/// @file
/// common/ring between two of its steps. The calls by which it talks to the kernel and takes its
/// locks are this test's: each is a moment, at which the peer does what it might do just then. No
/// time and no luck is in it.

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace {

using Word = std::atomic<std::uint32_t>;

/// What the peer does at each of the moments; nothing at first.
struct Moments {
    std::function<void()> membarrier;                  ///< the sleeper has its peer run a fence
    std::function<void()> registers;                   ///< an end says that a fence may reach it
    std::function<void()> sleep;                       ///< futex wait
    std::function<void()> wake;                        ///< futex wake
    std::function<void(const pthread_mutex_t*)> lock;  ///< somebody looks whether its holder lives
    std::function<void(const pthread_mutex_t*)> unlock;
};
Moments moments;

template <typename... Arguments>
void come(std::function<void(Arguments...)>& moment, Arguments... arguments) {
    // Once: what the peer does then comes to such moments as well.
    if (const auto action = std::exchange(moment, nullptr)) action(arguments...);
}

long call_of_the_test(long, int command, int, int) {
    if (command == MEMBARRIER_CMD_GLOBAL_EXPEDITED) come(moments.membarrier);
    if (command == MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) come(moments.registers);
    return 0;
}

template <typename Count>  // of an eventfd: read, or written
long call_of_the_test(long number, int event, Count* count, std::size_t size) {
    return syscall(number, event, count, size);
}

/// The futex call by which a waiter is about to sleep.
struct Sleep {
    long number;
    const Word* word;
    timespec timeout;

    /// Makes it. Returns errno.
    int begin() const {
        return syscall(number, word, FUTEX_WAIT, 1, &timeout, nullptr, 0) == 0 ? 0 : errno;
    }
};
Sleep next_sleep;

long call_of_the_test(long number, const Word* word, int operation, int, const timespec* timeout,
                      std::nullptr_t, int) {
    if (operation == FUTEX_WAIT) next_sleep = {number, word, *timeout};
    come(operation == FUTEX_WAIT ? moments.sleep : moments.wake);
    return 0;
}

/// The words on which a waiter for several is about to sleep; the kernel has no such call where
/// `has_waitv` is false.
std::vector<std::uint64_t> next_words;
bool has_waitv = true;

template <typename Wait, typename Time>
long call_of_the_test(long, const Wait* words, std::size_t count, int, const Time*, int) {
    if (!has_waitv) {
        errno = ENOSYS;
        return -1;
    }
    next_words.clear();
    next_sleep = {};
    for (std::size_t i = 0; i < count; ++i) next_words.push_back(words[i].address);
    come(moments.sleep);
    return 0;
}

int trylock_of_the_test(pthread_mutex_t* lock) {
    come(moments.lock, static_cast<const pthread_mutex_t*>(lock));
    return pthread_mutex_trylock(lock);
}

int unlock_of_the_test(pthread_mutex_t* lock) {
    come(moments.unlock, static_cast<const pthread_mutex_t*>(lock));
    return pthread_mutex_unlock(lock);
}

}  // namespace

#define syscall call_of_the_test
#define pthread_mutex_trylock trylock_of_the_test
#define pthread_mutex_unlock unlock_of_the_test
#include <shm/ring/ring.hpp>
#undef syscall
#undef pthread_mutex_trylock
#undef pthread_mutex_unlock

#include "tests/catch.hpp"

namespace {

using namespace std::chrono_literals;
using shm::WaitResult;
using Int = std::uint32_t;

/// A ring with both ends, which are this one process's: it acts for either.
class Ends {
public:
    Ends() {
        moments = {};
        producer.emplace(ring);
        consumer.emplace(ring);
        // Elsewhere, each: a waiter does not sleep beside a peer on its own processor, but goes on.
        header.producer.peer_cpu = 0;
        header.consumer.peer_cpu = 0;
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;
    ~Ends() { moments = {}; }

    /// Sends a message as a producer does that looked for a sleeper before there was one.
    void send_unseen(Int message) {
        const std::uint32_t asleep = header.consumer.asleep.exchange(0);
        REQUIRE(producer->try_push(message));
        header.consumer.asleep = asleep;
    }

private:
    alignas(128) std::byte memory[4096] = {};

public:
    shm::Ring<Int> ring = shm::Ring<Int>::create(memory, sizeof(memory), 8);
    shm::ring::Header& header = *reinterpret_cast<shm::ring::Header*>(memory);
    std::optional<shm::Producer<Int>> producer;
    std::optional<shm::Consumer<Int>> consumer;
};

}  // namespace

TEST_CASE("a waiter has said that it sleeps before the membarrier") {
    Ends ends;
    bool has_said_so = false;
    bool has_slept = false;
    moments.membarrier = [&] { has_said_so = ends.header.consumer.asleep == 1; };
    moments.sleep = [&] {
        has_slept = true;
        REQUIRE(ends.producer->try_push(7));
    };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(got == 7);
    CHECK(has_slept);
    CHECK(has_said_so);
}

TEST_CASE("a message that comes as the consumer says that it sleeps is not slept over") {
    Ends ends;
    bool has_slept = false;
    moments.membarrier = [&] { ends.send_unseen(7); };
    moments.sleep = [&] { has_slept = true; };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(got == 7);
    CHECK_FALSE(has_slept);
}

TEST_CASE("a slot that is given back as the producer says that it sleeps is not slept over") {
    Ends ends;
    bool has_slept = false;
    for (Int i = 0; i < 8; ++i) REQUIRE(ends.producer->try_push(i));
    moments.membarrier = [&] {
        Int got = 0;
        const std::uint32_t asleep = ends.header.producer.asleep.exchange(0);
        REQUIRE(ends.consumer->try_pop(got));
        ends.header.producer.asleep = asleep;
    };
    moments.sleep = [&] { has_slept = true; };
    CHECK(ends.producer->push(8, 100s) == WaitResult::ready);
    CHECK_FALSE(has_slept);
}

TEST_CASE("a producer that sends and leaves as it is looked for has sent first") {
    Ends ends;
    moments.lock = [&](const pthread_mutex_t* lock) {
        REQUIRE(lock == &ends.header.producer.lock);
        ends.send_unseen(7);
        ends.producer.reset();
    };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(got == 7);
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::closed);
}

TEST_CASE("who is awake again is not woken") {
    Ends ends;
    bool is_woken = false;
    moments.membarrier = [&] { ends.send_unseen(7); };
    Int got = 0;
    REQUIRE(ends.consumer->pop(got, 100s) == WaitResult::ready);
    moments.wake = [&] { is_woken = true; };
    REQUIRE(ends.producer->try_push(8));
    CHECK_FALSE(is_woken);
}

TEST_CASE("the kernel lets a waiter sleep as long as it asks for") {
    Ends ends;
    int error = 0;
    std::chrono::nanoseconds asked{}, slept{};
    moments.sleep = [&] {
        asked = std::chrono::seconds(next_sleep.timeout.tv_sec) +
                std::chrono::nanoseconds(next_sleep.timeout.tv_nsec);
        const auto begin = std::chrono::steady_clock::now();
        error = next_sleep.begin();
        slept = std::chrono::steady_clock::now() - begin;
    };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 50ms) == WaitResult::timed_out);
    CHECK(error == ETIMEDOUT);
    CHECK(asked > 0ns);
    CHECK(slept >= asked);
}

TEST_CASE("a sleeping consumer is woken after the message has been published") {
    Ends ends;
    bool is_woken = false;
    bool is_there = false;
    moments.sleep = [&] { REQUIRE(ends.producer->try_push(7)); };
    moments.wake = [&] {
        is_woken = true;
        // The first slot's sequence number, and its message behind it.
        const auto* slot = reinterpret_cast<const Int*>(&ends.header + 1);
        is_there = slot[0] == 1 && slot[1] == 7;
    };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(is_woken);
    CHECK(is_there);
}

TEST_CASE("who leaves wakes the peer that sleeps") {
    Ends ends;
    bool is_woken = false;
    moments.sleep = [&] { ends.producer.reset(); };
    moments.wake = [&] { is_woken = true; };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::closed);
    CHECK(is_woken);
}

TEST_CASE("who leaves has said so before its lock is free") {
    Ends ends;
    bool has_said_so = false;
    moments.unlock = [&](const pthread_mutex_t* lock) {
        has_said_so = lock == &ends.header.producer.lock &&
                      ends.header.producer.state == shm::ring::Endpoint::released;
    };
    ends.producer.reset();
    CHECK(has_said_so);
}

TEST_CASE("a sleeping consumer of bytes is woken after the message has been counted") {
    moments = {};
    const int fd = memfd_create("ring_steps", MFD_CLOEXEC);
    REQUIRE(ftruncate(fd, static_cast<off_t>(shm::ByteRing::bytes(1))) == 0);
    const shm::DoubleMapping memory(fd, shm::ByteRing::header_bytes());
    const auto ring = shm::ByteRing::create(memory);
    shm::ByteProducer producer(ring);
    shm::ByteConsumer consumer(ring);
    auto& header = *reinterpret_cast<shm::ring::ByteHeader*>(memory.once());
    header.producer.peer_cpu = header.consumer.peer_cpu = 0;
    bool is_woken = false;
    bool is_there = false;
    moments.sleep = [&] { REQUIRE(producer.try_push(std::array{std::byte{7}})); };
    moments.wake = [&] {
        is_woken = true;
        is_there = header.sent == 16;
    };
    std::vector<std::byte> got;
    CHECK(consumer.pop(got, 100s) == WaitResult::ready);
    CHECK(is_woken);
    CHECK(is_there);
    moments = {};
    close(fd);
}

TEST_CASE("who waits for several rings has said so in each, and sleeps for all of them") {
    Ends one, other;
    const auto both_sleep = [&] {
        return one.header.consumer.asleep == 1 && other.header.consumer.asleep == 1;
    };
    const auto address_of = [](Ends& ends) {
        return reinterpret_cast<std::uintptr_t>(&ends.header.consumer.asleep);
    };
    bool have_said_so = false;
    bool has_slept = false;
    bool is_woken = false;
    moments.membarrier = [&] { have_said_so = both_sleep(); };
    moments.sleep = [&] {
        has_slept = true;
        CHECK(next_words == std::vector<std::uint64_t>{address_of(one), address_of(other)});
        REQUIRE(other.producer->try_push(7));
    };
    moments.wake = [&] { is_woken = true; };
    const auto [result, which] = shm::wait_any(100s, *one.consumer, *other.consumer);
    CHECK((result == WaitResult::ready && which == 1));
    CHECK(have_said_so);
    CHECK(has_slept);
    CHECK(is_woken);
    // Nor does it say so any longer, in any.
    CHECK(one.header.consumer.asleep == 0);
    CHECK(other.header.consumer.asleep == 0);
}

TEST_CASE("a message that comes in any of several rings before the sleep is not slept over") {
    for (const std::size_t from : {0U, 1U}) {
        Ends one, other;
        bool has_slept = false;
        moments.membarrier = [&] { (from == 0 ? one : other).send_unseen(7); };
        moments.sleep = [&] { has_slept = true; };
        const auto [result, which] = shm::wait_any(100s, *one.consumer, *other.consumer);
        CHECK((result == WaitResult::ready && which == from));
        CHECK_FALSE(has_slept);
    }
}

TEST_CASE("a producer of several that sends and leaves as it is looked for has sent first") {
    Ends one, other;
    moments.lock = [&](const pthread_mutex_t*) {
        other.send_unseen(7);
        other.producer.reset();
    };
    auto news = shm::wait_any(100s, *one.consumer, *other.consumer);
    CHECK((news.result == WaitResult::ready && news.which == 1));
    Int got = 0;
    REQUIRE(other.consumer->try_pop(got));
    news = shm::wait_any(100s, *one.consumer, *other.consumer);
    CHECK((news.result == WaitResult::closed && news.which == 1));
}

TEST_CASE("a kernel that has no futex_waitv lets a waiter sleep for one ring after the other") {
    Ends one, other;
    has_waitv = false;
    std::vector<const Word*> words;
    std::function<void()> sleeps = [&] {
        CHECK(next_sleep.timeout.tv_sec == 0);
        CHECK(next_sleep.timeout.tv_nsec <= 1'000'000);
        words.push_back(next_sleep.word);
        if (words.size() == 4) other.send_unseen(7);  // while it sleeps for the one
        moments.sleep = sleeps;
    };
    moments.sleep = sleeps;
    const auto [result, which] = shm::wait_any(100s, *one.consumer, *other.consumer);
    has_waitv = true;
    CHECK((result == WaitResult::ready && which == 1));
    const Word *first = &one.header.consumer.asleep, *second = &other.header.consumer.asleep;
    CHECK(words == std::vector{first, second, first, second});
}

TEST_CASE("news without a message, again and again, do not make a wait longer") {
    Ends ends;
    auto& number = *reinterpret_cast<Word*>(&ends.header + 1);  // of the first slot
    const auto begin = std::chrono::steady_clock::now();
    bool is_late = false;
    std::function<void()> means_harm = [&] {
        --number;  // an older one than the one before
        is_late = std::chrono::steady_clock::now() - begin > 60s;  // to end it, with the mistake
        if (!is_late) moments.membarrier = means_harm;
    };
    moments.membarrier = means_harm;
    CHECK(ends.consumer->wait(1ms) == WaitResult::timed_out);
    CHECK_FALSE(is_late);
}

TEST_CASE("a waiter sleeps long only if the membarrier reaches its peers, those of now") {
    Ends one;
    const auto slept = [&] {
        std::chrono::nanoseconds asked{};
        moments.sleep = [&] {
            asked = std::chrono::nanoseconds(next_sleep.timeout.tv_nsec);
            REQUIRE(one.producer->try_push(7));
        };
        one.header.consumer.peer_cpu = 0;  // elsewhere
        Int got = 0;
        REQUIRE(one.consumer->pop(got, 100s) == WaitResult::ready);
        return asked;
    };
    CHECK(slept() == 250ms);
    // Its successor, which claims at that moment, is not reached.
    moments.membarrier = [&] { one.header.producer.fenced = 0; };
    CHECK(slept() <= 1ms);
    one.header.producer.fenced = 1;
    CHECK(slept() == 250ms);
}

TEST_CASE("an end that spins neither sleeps, nor has a fence run, nor is registered for one") {
    Ends one, other;
    one.consumer.reset();
    bool makes_calls = false;
    moments.registers = moments.membarrier = moments.sleep = [&] { makes_calls = true; };
    one.consumer.emplace(one.ring, shm::Waits::spinning);
    Int got = 0;
    CHECK(one.consumer->pop(got, 5ms) == WaitResult::timed_out);
    CHECK(shm::wait_any(5ms, *other.consumer, *one.consumer).result == WaitResult::timed_out);
    REQUIRE(one.producer->try_push(7));
    CHECK(one.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK_FALSE(makes_calls);
}

TEST_CASE("a producer that sends and leaves as an end that spins looks for it has sent first") {
    Ends ends;
    ends.consumer.reset();
    ends.consumer.emplace(ends.ring, shm::Waits::spinning);
    moments.lock = [&](const pthread_mutex_t*) {
        ends.send_unseen(7);
        ends.producer.reset();
    };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::closed);
}

TEST_CASE("the peer of an end that spins does not rely on being woken") {
    Ends ends;
    ends.producer.reset();
    ends.producer.emplace(ends.ring, shm::Waits::spinning);
    ends.header.consumer.peer_cpu = 0;
    bool has_fenced = false;
    std::chrono::nanoseconds asked{};
    moments.membarrier = [&] { has_fenced = true; };
    moments.sleep = [&] {
        asked = std::chrono::nanoseconds(next_sleep.timeout.tv_nsec);
        ends.send_unseen(7);
    };
    Int got = 0;
    CHECK(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(asked == 1ms);
    CHECK_FALSE(has_fenced);
}

namespace {

/// An eventfd.
struct Event {
    Event() { REQUIRE(fd != -1); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { close(fd); }
    /// Returns how many times it was written to since it was last asked.
    std::uint64_t count() const {
        std::uint64_t count = 0;
        return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
    }
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
};

}  // namespace

TEST_CASE("a poller is woken by its eventfd, once, after the message has been published") {
    Ends ends;
    const Event event;
    ends.producer->wake_by(event.fd);
    bool has_said_so = false;
    bool is_woken = false;
    moments.membarrier = [&] { has_said_so = ends.header.consumer.asleep == 2; };
    moments.wake = [&] { is_woken = true; };
    CHECK(ends.consumer->begin_poll() == 250);
    CHECK(has_said_so);
    CHECK(ends.header.consumer.asleep == 2);
    REQUIRE(ends.producer->try_push(7));
    REQUIRE(ends.producer->try_push(8));
    CHECK(event.count() == 1);
    ends.consumer->end_poll(event.fd);
    CHECK_FALSE(is_woken);                    // by a futex, on which nobody sleeps
    CHECK(ends.consumer->begin_poll() == 0);  // there are messages
    CHECK(ends.header.consumer.asleep == 0);
}

TEST_CASE("who polls no more is not woken, and has emptied the eventfd") {
    Ends ends;
    const Event event;
    ends.producer->wake_by(event.fd);
    REQUIRE(ends.consumer->begin_poll() == 250);
    ends.consumer->end_poll(event.fd);  // something else has happened
    REQUIRE(ends.producer->try_push(7));
    CHECK(event.count() == 0);
    Int got = 0;
    REQUIRE(ends.consumer->try_pop(got));
    REQUIRE(ends.consumer->begin_poll() == 250);
    REQUIRE(ends.producer->try_push(7));
    ends.consumer->end_poll(event.fd);
    CHECK(event.count() == 0);
}

TEST_CASE("who sleeps is not woken by an eventfd") {
    Ends ends;
    const Event event;
    ends.producer->wake_by(event.fd);
    bool is_woken = false;
    moments.sleep = [&] { REQUIRE(ends.producer->try_push(7)); };
    moments.wake = [&] { is_woken = true; };
    Int got = 0;
    REQUIRE(ends.consumer->pop(got, 100s) == WaitResult::ready);
    CHECK(is_woken);
    CHECK(event.count() == 0);
}

TEST_CASE("a message that comes as the consumer says that it polls is not polled over") {
    Ends ends;
    moments.membarrier = [&] { ends.send_unseen(7); };
    CHECK(ends.consumer->begin_poll() == 0);
    CHECK(ends.header.consumer.asleep == 0);
}

TEST_CASE("a poller does not poll when its peer has gone, and is woken when it goes") {
    Ends ends;
    const Event event;
    ends.producer->wake_by(event.fd);
    REQUIRE(ends.consumer->begin_poll() == 250);
    ends.producer.reset();
    CHECK(event.count() == 1);
    ends.consumer->end_poll(event.fd);
    CHECK(ends.consumer->begin_poll() == 0);
    CHECK(ends.consumer->wait(0s) == WaitResult::closed);
}

TEST_CASE("a producer that polls for room is woken when there is") {
    Ends ends;
    const Event event;
    ends.consumer->wake_by(event.fd);
    CHECK(ends.producer->begin_poll() == 0);
    for (Int i = 0; i < 8; ++i) REQUIRE(ends.producer->try_push(i));
    REQUIRE(ends.producer->begin_poll() == 250);
    Int got = 0;
    REQUIRE(ends.consumer->try_pop(got));
    CHECK(event.count() == 1);
    ends.producer->end_poll(event.fd);
    CHECK(ends.producer->begin_poll() == 0);
}

TEST_CASE("a poller polls shortly if the membarrier does not reach its peer") {
    Ends ends;
    ends.header.producer.fenced = 0;
    CHECK(ends.consumer->begin_poll() == 1);
    ends.header.producer.state = 0;  // it has never come
    CHECK(ends.consumer->begin_poll() == 10);
}
