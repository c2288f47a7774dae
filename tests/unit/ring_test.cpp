// common/ring/ring.hpp: between two threads on one mapping, so that ThreadSanitizer sees it, and
// between processes, which can be killed.
#include <shm/ring/ring.hpp>  // as other projects do

#include "tests/unit/support.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>

namespace {

using namespace std::chrono_literals;
using shm::SequenceNumbers;
using shm::WaitResult;

/// Memory that children share, with a page behind it that nobody may touch.
class Memory {
public:
    explicit Memory(std::size_t size) : size_((size + 4095) / 4096 * 4096) {
        memory_ = static_cast<std::byte*>(
            mmap(nullptr, size_ + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        REQUIRE(memory_ != MAP_FAILED);
        REQUIRE(mprotect(memory_ + size_, 4096, PROT_NONE) == 0);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { munmap(memory_, size_ + 4096); }
    std::byte* get() const { return memory_; }
    std::size_t size() const { return size_; }

private:
    std::size_t size_;
    std::byte* memory_ = nullptr;
};

template <typename T>
T message(std::uint64_t number) {
    T result{};
    auto* byte = reinterpret_cast<unsigned char*>(&result);
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        byte[i] = static_cast<unsigned char>((number >> (i % 4 * 8)) + i);
    }
    return result;
}

template <typename T>
bool is_message(const T& got, std::uint64_t number) {
    const T expected = message<T>(number);
    return std::memcmp(&got, &expected, sizeof(T)) == 0;
}

template <typename T, SequenceNumbers numbers>
void send(const shm::Ring<T, numbers>& ring, std::uint64_t from, std::uint64_t count) {
    shm::Producer producer(ring);
    for (std::uint64_t i = from; i < from + count;) {
        if (i % 3 == 0) {
            if (producer.push(message<T>(i), 100s) != WaitResult::ready) return;
            ++i;
        } else {
            if (producer.wait(100s) != WaitResult::ready) return;
            const auto slots = producer.reserve(from + count - i);
            for (T& slot : slots) slot = message<T>(i++);
            producer.publish(slots.size());
        }
    }
}

template <typename T, SequenceNumbers numbers>
std::uint64_t receive(const shm::Ring<T, numbers>& ring, std::uint64_t from, WaitResult& end) {
    shm::Consumer consumer(ring);
    std::uint64_t i = from;
    for (T got{}; (end = consumer.pop(got, 100s)) == WaitResult::ready;) {
        if (!is_message(got, i++)) return 0;
        const auto more = consumer.peek(5);
        for (const T& next : more) {
            if (!is_message(next, i++)) return 0;
        }
        if (!more.empty()) consumer.release(more.size());
    }
    return i - from;
}

template <typename T, SequenceNumbers numbers>
void stream(std::size_t capacity, std::uint64_t begin) {
    using Ring = shm::Ring<T, numbers>;
    const Memory memory(Ring::bytes(capacity));
    const auto ring = Ring::create(memory.get(), memory.size(), capacity, begin);
    const std::uint64_t count = 3000;
    std::thread sender([&] { send(ring, begin, count); });
    WaitResult end = WaitResult::ready;
    std::uint64_t got = receive(Ring::open(memory.get(), memory.size()), begin, end);
    sender.join();
    if (end == WaitResult::ready) FAIL("a message was not the one that was sent");
    // The consumer may have come before the producer did, and waited for it.
    CHECK(got == count);
    CHECK(end == WaitResult::closed);
}

template <typename T>
void streams() {
    for (const std::size_t capacity : {1U, 2U, 7U, 64U, 1000U}) {
        for (const std::uint64_t begin : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 1500}) {
            CAPTURE(sizeof(T), capacity, begin);
            stream<T, SequenceNumbers::beside>(capacity, begin);
            stream<T, SequenceNumbers::apart>(capacity, begin);
        }
    }
}

struct alignas(64) Line {
    char bytes[64];
};

using Int = std::uint32_t;

}  // namespace

TEST_CASE("a ring hands over every byte of every message in order") {
    streams<std::array<char, 1>>();
    streams<std::array<char, 3>>();
    streams<Int>();
    streams<std::uint64_t>();
    streams<std::array<Int, 3>>();
    streams<std::array<std::uint64_t, 2>>();
    streams<std::array<Int, 10>>();
    streams<Line>();
    streams<std::array<char, 1024>>();
}

TEST_CASE("a ring holds as many messages as it was made for, and no more") {
    const Memory memory(shm::Ring<Int>::bytes(64));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 64);
    shm::Producer producer(ring);
    shm::Consumer consumer(ring);
    for (Int i = 0; i < 64; ++i) REQUIRE(producer.try_push(i));
    CHECK_FALSE(producer.try_push(64));
    CHECK(producer.push(64, 1ms) == WaitResult::timed_out);
    Int got = 1;
    REQUIRE(consumer.try_pop(got));
    CHECK(got == 0);
    CHECK(producer.try_push(64));
    CHECK_FALSE(producer.try_push(65));
    CHECK(producer.sent() == 65);
    CHECK(consumer.taken() == 1);
}

TEST_CASE("a ring costs at most twice its messages, from 16 bytes on half as much more") {
    const auto cost = [](std::size_t size, std::size_t bytes) {
        return static_cast<double>(bytes - shm::Ring<char>::bytes(0)) /
               static_cast<double>(1024 * size);
    };
    CHECK(cost(4, shm::Ring<Int>::bytes(1024)) <= 2.0);
    CHECK(cost(4, shm::SpanRing<Int>::bytes(1024)) <= 2.0);
    CHECK(cost(16, shm::Ring<std::array<std::uint64_t, 2>>::bytes(1024)) <= 1.5);
    CHECK(cost(16, shm::SpanRing<std::array<std::uint64_t, 2>>::bytes(1024)) <= 1.5);
    CHECK(cost(64, shm::Ring<std::array<char, 64>>::bytes(1024)) <= 1.5);
}

TEST_CASE("a ring has one producer and one consumer while they live") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    {
        const shm::Producer<Int> producer(ring);
        const shm::Consumer<Int> consumer(ring);
        std::thread([&] {
            CHECK_THROWS_AS(shm::Producer<Int>(ring), shm::RingError);
            CHECK_THROWS_AS(shm::Consumer<Int>(ring), shm::RingError);
        }).join();
    }
    shm::Producer<Int> next(ring);
    CHECK(next.try_push(1));
}

TEST_CASE("a peer that looks whether somebody lives, and is slow, refuses no newcomer") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    auto& endpoint = reinterpret_cast<shm::ring::Header*>(memory.get())->consumer;
    std::atomic<bool> looks = false;
    std::thread peer([&] {
        pthread_mutex_lock(&endpoint.lock);
        looks = true;
        std::this_thread::sleep_for(20ms);  // as long as others have the processor
        pthread_mutex_unlock(&endpoint.lock);
    });
    while (!looks) std::this_thread::yield();
    CHECK_NOTHROW(shm::Consumer<Int>(ring));
    peer.join();
}

TEST_CASE("a ring of other messages, or none, is refused") {
    const Memory memory(shm::Ring<Int>::bytes(64));
    CHECK_THROWS_AS(shm::Ring<Int>::open(memory.get(), memory.size()), shm::RingError);
    CHECK_THROWS_AS(shm::Ring<Int>::create(memory.get(), 100, 64), shm::RingError);
    CHECK_THROWS_AS(shm::Ring<Int>::create(memory.get() + 8, memory.size() - 8, 4), shm::RingError);
    static_cast<void>(shm::Ring<Int>::create(memory.get(), memory.size(), 64));
    CHECK(shm::Ring<Int>::open(memory.get(), memory.size()).capacity() == 64);
    CHECK_THROWS_AS(shm::Ring<std::uint64_t>::open(memory.get(), memory.size()), shm::RingError);
    CHECK_THROWS_AS(shm::Ring<float>::open(memory.get(), 1000), shm::RingError);
    CHECK_THROWS_AS(shm::SpanRing<Int>::open(memory.get(), memory.size()), shm::RingError);
}

TEST_CASE("a ring of larger messages is refused") {
    using Large = std::array<Int, 3>;  // aligned alike
    const Memory memory(shm::Ring<Large>::bytes(64));
    static_cast<void>(shm::Ring<Large>::create(memory.get(), memory.size(), 64));
    CHECK_THROWS_AS(shm::Ring<Int>::open(memory.get(), memory.size()), shm::RingError);
}

TEST_CASE("a capacity that changes at any instruction of opening is read once") {
#ifdef __SANITIZE_THREAD__
    return testing::skip("ThreadSanitizer's own code is stepped through, too");
#endif
    bool is_open = false;
    for (unsigned steps = 0; !is_open; ++steps) {
        const Memory memory(shm::Ring<Int>::bytes(8));
        static_cast<void>(shm::Ring<Int>::create(memory.get(), memory.size(), 8));
        const unit::Shared<std::atomic<std::size_t>> capacity;
        unit::Forked child([&] {
            if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
            raise(SIGSTOP);
            try {
                *capacity = shm::Ring<Int>::open(memory.get(), memory.size()).capacity();
            } catch (const shm::RingError&) {
                *capacity = 8;  // refused: that is right, too
            }
            return 0;
        });
        int status = 0;
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        if (!WIFSTOPPED(status)) return testing::skip("a process may not trace its child");
        for (unsigned step = 0; step < steps && *capacity == 0; ++step) {
            REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
            REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
            REQUIRE(WIFSTOPPED(status));
        }
        is_open = *capacity != 0;
        reinterpret_cast<shm::ring::Header*>(memory.get())->capacity = std::size_t{1} << 29;
        REQUIRE(ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr) == 0);
        REQUIRE(child.wait().status == "0");
        REQUIRE(*capacity == 8);
    }
}

TEST_CASE("a killed producer's messages arrive, then the news, and its successor goes on") {
    const Memory memory(shm::Ring<Int>::bytes(64));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 64);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        shm::Producer producer(ring);
        for (Int i = 0; i < 50; ++i) static_cast<void>(producer.try_push(i));
        kill(getpid(), SIGKILL);
    }
    REQUIRE(waitpid(child, nullptr, 0) == child);
    shm::Consumer consumer(ring);
    Int got = 0;
    for (Int i = 0; i < 50; ++i) {
        REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
        REQUIRE(got == i);
    }
    CHECK(consumer.pop(got, 100s) == WaitResult::peer_died);
    shm::Producer successor(ring);
    CHECK(successor.sent() == 50);
    CHECK(successor.try_push(50));
    CHECK((consumer.pop(got, 100s) == WaitResult::ready && got == 50));
}

TEST_CASE("who leaves in the middle of a span has successors that go on there") {
    const Memory memory(shm::SpanRing<Int>::bytes(256));
    const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 256);
    for (const Int begin : {0U, 150U, 300U}) {  // the third crosses the end of the memory
        {
            shm::Producer producer(ring);
            for (Int i = begin; i < begin + 150;) {
                const auto slots = producer.reserve(begin + 150 - i);
                for (Int& slot : slots) slot = i++;
                producer.publish(slots.size());
            }
        }
        for (Int i = begin; i < begin + 150;) {
            shm::Consumer consumer(ring);
            const auto there = consumer.peek(20);
            REQUIRE_FALSE(there.empty());
            for (const Int& message : there) REQUIRE(message == i++);
            consumer.release(there.size());
            REQUIRE(shm::Producer(ring).sent() == begin + 150);
        }
    }
}

TEST_CASE("a sleeping consumer is woken by each message") {
    const Memory memory(2 * shm::Ring<Int>::bytes(8) + 128);
    const std::size_t half = (shm::Ring<Int>::bytes(8) + 127) / 128 * 128;
    const auto there = shm::Ring<Int>::create(memory.get(), half, 8);
    const auto back = shm::Ring<Int>::create(memory.get() + half, half, 8);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        shm::Consumer consumer(there);
        shm::Producer producer(back);
        for (Int got = 0; consumer.pop(got, 100s) == WaitResult::ready;) {
            if (got % 16 == 0) std::this_thread::sleep_for(100us);  // the other side falls asleep
            if (producer.push(got, 100s) != WaitResult::ready) _exit(1);
        }
        _exit(0);
    }
    {
        shm::Producer producer(there);
        shm::Consumer consumer(back);
        for (Int i = 0, got = 0; i < 2000; ++i) {
            if (i % 16 == 8) std::this_thread::sleep_for(100us);
            REQUIRE(producer.push(i, 100s) == WaitResult::ready);
            REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
            REQUIRE(got == i);
        }
    }
    REQUIRE(waitpid(child, nullptr, 0) == child);
}

TEST_CASE("who leaves is not taken for killed, at whatever moment it is looked for") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    std::atomic<bool> ends = false;
    std::thread producers([&] {
        for (int i = 0; i < 3000; ++i) shm::Producer<Int>{ring};
        ends = true;
    });
    int died = 0;
    {
        shm::Consumer consumer(ring);
        while (!ends) died += consumer.wait(1us) == WaitResult::peer_died ? 1 : 0;
    }
    producers.join();
    CHECK(died == 0);
}

TEST_CASE("a producer can wait until all that it sent has been given back") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    shm::Producer producer(ring);
    CHECK(producer.flush(100s) == WaitResult::ready);
    for (Int i = 0; i < 5; ++i) REQUIRE(producer.try_push(i));
    CHECK(producer.flush(1ms) == WaitResult::timed_out);
    std::thread([&] {
        shm::Consumer consumer(ring);
        Int got = 0;
        for (int i = 0; i < 4; ++i) static_cast<void>(consumer.try_pop(got));
    }).join();
    CHECK(producer.flush(100s) == WaitResult::closed);
    bool has_come = false;
    std::thread consumer([&] {  // asserts nothing: Catch2's macros are for one thread at a time
        shm::Consumer last(ring);
        Int got = 0;
        std::this_thread::sleep_for(1ms);  // the producer falls asleep, more often than not
        has_come = last.try_pop(got);
        static_cast<void>(last.pop(got, 100s));  // stays until the producer has left
    });
    WaitResult result = WaitResult::closed;
    while (result == WaitResult::closed) result = producer.flush(100s);  // until it comes
    const bool is_sent = producer.try_push(5);
    consumer.join();
    CHECK(has_come);
    CHECK(result == WaitResult::ready);
    CHECK(is_sent);
}

TEST_CASE("numbers that no correct peer would write are errors") {
    const Memory memory(shm::SpanRing<Int>::bytes(64));
    auto* header = reinterpret_cast<shm::ring::Header*>(memory.get());
    Int got = 0;
    SECTION("a sequence number that counts more than fits in") {
        const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 64);
        shm::Consumer consumer(ring);
        reinterpret_cast<std::atomic<std::uint64_t>*>(header + 1)->store(65);
        CHECK_THROWS_AS(consumer.try_pop(got), shm::RingError);
    }
    SECTION("a number beside a message that counts the next one, too") {
        const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
        shm::Consumer consumer(ring);
        reinterpret_cast<std::atomic<Int>*>(header + 1)->store(2);
        CHECK_THROWS_AS(consumer.try_pop(got), shm::RingError);
    }
    SECTION("more given back than was sent") {
        const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
        shm::Producer producer(ring);
        header->released.store(1);
        CHECK_THROWS_AS(producer.try_push(1), shm::RingError);
    }
}

TEST_CASE("a peer that writes nonsense into the ring gets an error, never more") {
    std::mt19937_64 random(5);
    // What lies before the locks and behind them; those hold pointers of the C library's own.
    for (int round = 0; round < 300; ++round) {
        const Memory memory(shm::SpanRing<Int>::bytes(64));
        const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 64);
        const std::size_t from = sizeof(shm::ring::Header) - 128;
        const auto scribble = [&] {
            const std::size_t words = (shm::SpanRing<Int>::bytes(64) - from) / 8;
            const std::uint64_t word = random() % 3 == 0 ? random() : random() % 200;
            std::memcpy(memory.get() + from + random() % words * 8, &word, 8);
        };
        try {
            shm::Producer producer(ring);
            shm::Consumer consumer(ring);
            for (int i = 0; i < 50; ++i) {
                scribble();
                static_cast<void>(producer.push(1, 0ns));
                for (Int& slot : producer.reserve(100)) slot = 2;
                scribble();
                Int got = 0;
                static_cast<void>(consumer.pop(got, 0ns));
                for (const Int& message : consumer.peek(100)) got += message;
            }
        } catch (const shm::RingError& error) {
            CHECK(std::string(error.what()).find("is broken") != std::string::npos);
        }
    }
}
