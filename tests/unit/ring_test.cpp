// common/ring/ring.hpp: between two threads on one mapping, so that ThreadSanitizer sees it, and
// between processes, which can be killed.
#include <shm/ring/ring.hpp>  // as other projects do

#include "common/kernel/process.hpp"  // has_robust_list
#include "common/kernel/room.hpp"     // page_size
#include "tests/unit/support.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using shm::RingFor;
using shm::WaitResult;

/// Memory that children share, with a page behind it that nobody may touch.
class Memory {
public:
    explicit Memory(std::size_t size) : size_((size + page_ - 1) / page_ * page_) {
        memory_ = static_cast<std::byte*>(mmap(nullptr, size_ + page_, PROT_READ | PROT_WRITE,
                                               MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        REQUIRE(memory_ != MAP_FAILED);
        REQUIRE(mprotect(memory_ + size_, page_, PROT_NONE) == 0);
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { munmap(memory_, size_ + page_); }
    std::byte* get() const { return memory_; }
    std::size_t size() const { return size_; }

private:
    const std::size_t page_ = shm::page_size();
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

template <typename T, RingFor use>
void send(const shm::Ring<T, use>& ring, std::uint64_t from, std::uint64_t count) {
    shm::Producer producer(ring);
    for (std::uint64_t i = from; i < from + count;) {
        if (i % 3 == 0) {
            if (producer.push(message<T>(i), 100s) != WaitResult::ready) return;
            ++i;
        } else {
            if (producer.wait(100s) != WaitResult::ready) return;
            const auto slots = producer.reserve(static_cast<std::size_t>(from + count - i));
            for (T& slot : slots) slot = message<T>(i++);
            producer.publish(slots.size());
        }
    }
}

template <typename T, RingFor use>
std::uint64_t receive(const shm::Ring<T, use>& ring, std::uint64_t from, WaitResult& end) {
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

template <typename T, RingFor use>
void stream(std::size_t capacity, std::uint64_t begin) {
    using Ring = shm::Ring<T, use>;
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
            stream<T, RingFor::calls>(capacity, begin);
            stream<T, RingFor::spans>(capacity, begin);
        }
    }
}

struct alignas(64) Line {
    char bytes[64];
};

struct alignas(64) Lines {
    char bytes[576];
};

struct alignas(16) Aligned {
    char bytes[48];
};

using Int = std::uint32_t;

struct Before {
    static constexpr std::uint64_t ring_tag = 7;
    Int value;
};
struct After {
    static constexpr std::uint64_t ring_tag = 7;
    Int value;
};
struct Other {
    static constexpr std::uint64_t ring_tag = 8;
    Int value;
};

}  // namespace

TEST_CASE("a ring hands over every byte of every message in order") {
    streams<std::array<char, 1>>();
    streams<std::array<char, 3>>();
    streams<Int>();
    streams<std::uint64_t>();
    streams<std::array<Int, 3>>();
    streams<std::array<std::uint64_t, 2>>();
    streams<std::array<std::uint64_t, 3>>();
    streams<std::array<Int, 7>>();
    streams<std::array<Int, 10>>();
    streams<Aligned>();
    streams<std::array<char, 50>>();
    streams<std::array<std::uint64_t, 7>>();
    streams<Line>();
    streams<std::array<char, 256>>();
    streams<std::array<char, 257>>();  // from here on copied by lines of 64 bytes, and a rest
    streams<std::array<std::uint64_t, 40>>();
    streams<Lines>();
    streams<std::array<char, 1024>>();
    streams<std::array<char, 9000>>();
}

TEST_CASE("a message is copied without the padding behind it") {
    struct Large {
        Large() = default;  // so that what is derived may have a member in its padding
        std::uint64_t words[40]{};
        char last = 'l';
    };
    struct More : Large {
        char own = 'o';
    };
    static_assert(sizeof(More) == sizeof(Large));
    Memory memory(shm::Ring<Large>::bytes(4));
    const auto ring = shm::Ring<Large>::create(memory.get(), memory.size(), 4);
    shm::Producer producer(ring);
    shm::Consumer consumer(ring);
    More more;
    CHECK(producer.try_push(more));
    more.own = 'p';
    more.last = 'm';
    CHECK(consumer.try_pop(more));
    CHECK(more.last == 'l');
    CHECK(more.own == 'p');
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

// How many times the memory of its messages a ring takes, beside what it takes once.
template <typename T, RingFor use = RingFor::calls>
constexpr double cost() {
    using Ring = shm::Ring<T, use>;
    return static_cast<double>(Ring::bytes(1024) - Ring::bytes(0)) /
           static_cast<double>(1024 * sizeof(T));
}

TEST_CASE("a ring costs at most twice its messages of 4 bytes, from 9 on half as much more") {
    CHECK(cost<Int>() <= 2.0);
    CHECK(cost<Int, RingFor::spans>() <= 2.0);
    CHECK(cost<std::array<std::uint64_t, 2>>() <= 1.5);
    CHECK(cost<std::array<std::uint64_t, 2>, RingFor::spans>() <= 1.5);
    CHECK(cost<std::array<char, 64>>() <= 1.5);
    struct alignas(16) Wide {
        char bytes[16];
    };
    CHECK(cost<Wide>() <= 1.5);
    CHECK(cost<Line>() <= 1.5);
    CHECK(cost<std::array<Int, 3>>() <= 1.5);
    CHECK(cost<std::array<Int, 5>>() <= 1.5);
    CHECK(cost<std::array<std::uint64_t, 3>>() <= 1.5);
    CHECK(cost<std::array<char, 33>>() <= 1.5);
    CHECK(cost<std::array<std::uint64_t, 7>>() <= 1.5);
}

// The size of a slot in a Ring of such messages; 0 where they have no number.
template <typename T>
constexpr std::size_t with_number() {
    using Slots = shm::ring::Slots<T, RingFor::calls>;
    return Slots::spans ? 0 : Slots::step;
}

TEST_CASE("a message and its number never lie on two lines") {
    CHECK(with_number<char>() == 8);
    CHECK(with_number<Int>() == 8);
    CHECK(with_number<std::array<Int, 2>>() == 16);
    CHECK(with_number<std::uint64_t>() == 16);
    CHECK(with_number<std::array<Int, 3>>() == 16);
    CHECK(with_number<std::array<std::uint64_t, 2>>() == 0);
    CHECK(with_number<std::array<Int, 5>>() == 0);
    CHECK(with_number<std::array<std::uint64_t, 3>>() == 32);
    CHECK(with_number<std::array<Int, 7>>() == 32);
    CHECK(with_number<std::array<char, 33>>() == 0);
    CHECK(with_number<std::array<std::uint64_t, 5>>() == 0);
    CHECK(with_number<std::array<std::uint64_t, 7>>() == 64);
    CHECK(with_number<std::array<Int, 15>>() == 64);
    CHECK(with_number<Line>() == 0);
    CHECK(with_number<Aligned>() == 64);
    CHECK(with_number<std::array<char, 10>>() == 0);
    CHECK(with_number<std::array<char, 11>>() == 16);
    CHECK(with_number<std::array<char, 21>>() == 0);
    CHECK(with_number<std::array<char, 22>>() == 32);
    CHECK(with_number<std::array<char, 28>>() == 32);
    CHECK(with_number<std::array<char, 29>>() == 0);
    CHECK(with_number<std::array<char, 48>>() == 0);
    CHECK(with_number<std::array<char, 49>>() == 64);
    CHECK(with_number<std::array<char, 60>>() == 64);
    CHECK(with_number<std::array<char, 61>>() == 0);
    CHECK_FALSE(shm::Ring<Int>::has_spans);
    CHECK(shm::SpanRing<Int>::has_spans);
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

TEST_CASE("a lock that is neither free nor taken is not taken for a live peer") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    auto& header = *reinterpret_cast<shm::ring::Header*>(memory.get());
    const auto refusal = [&] {
        return unit::message_of<shm::RingError>([&] { shm::Consumer<Int>{ring}; });
    };
    SECTION("one that a peer has scribbled over") {
        std::memset(&header.consumer.lock, 0xff, sizeof(header.consumer.lock));
        CHECK(refusal().find("is broken: one of its locks says Invalid") != std::string::npos);
    }
    SECTION("one that another program has left as not to be recovered") {
        if (!shm::has_robust_list()) return testing::skip("no robust lists (an emulator)");
        std::thread([&] { pthread_mutex_lock(&header.consumer.lock); }).join();  // and dies
        REQUIRE(pthread_mutex_trylock(&header.consumer.lock) == EOWNERDEAD);
        REQUIRE(pthread_mutex_unlock(&header.consumer.lock) == 0);
        CHECK(refusal().find("is broken: one of its locks says") != std::string::npos);
    }
}

TEST_CASE("a forked child that destroys the ends of its parent says nothing to their peers") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    const auto& header = *reinterpret_cast<shm::ring::Header*>(memory.get());
    std::optional<shm::Producer<Int>> producer(ring);
    std::optional<shm::Consumer<Int>> consumer(ring);
    const unit::Ended ended = unit::in_child([&] {
        producer.reset();
        consumer.reset();
        return 0;
    });
    CHECK(ended.status == "0");
    CHECK(header.producer.state == shm::ring::Endpoint::claimed);
    CHECK(header.consumer.state == shm::ring::Endpoint::claimed);
    CHECK(consumer->wait(1ms) == WaitResult::timed_out);
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

TEST_CASE("what a ring's two sides must agree on is compared, and the error says what differs") {
    const Memory memory(shm::Ring<Int>::bytes(64));
    static_cast<void>(shm::Ring<Int>::create(memory.get(), memory.size(), 64));
    shm::ring::Tag& tag = reinterpret_cast<shm::ring::Header*>(memory.get())->tag;
    const auto refusal = [&] {
        try {
            static_cast<void>(shm::Ring<Int>::open(memory.get(), memory.size()));
        } catch (const shm::RingError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    REQUIRE(refusal().empty());
    const auto changed = [&](auto& member, const std::string& text) {
        const auto kept = std::exchange(member, member + 1);
        CAPTURE(text);
        CHECK(refusal().find(text) != std::string::npos);
        member = kept;
    };
    changed(tag.layout, "this program knows layout");
    changed(tag.pointer_size, "its locks differ");
    changed(tag.mutex_size, "its locks differ");
    changed(tag.message_size, "its messages have 5 bytes, aligned to 4, each with a number");
    changed(tag.message_alignment, "its messages have 4 bytes, aligned to 5, each with a number");
    changed(tag.slots, "is another: its messages have 4 bytes");
    tag.slots = 0;
    CHECK(refusal().find(
              "aligned to 4, side by side; this program's have 4 bytes, aligned to 4, each "
              "with a number") != std::string::npos);
    tag.slots = sizeof(Int);
    changed(tag.message_type, "of another type, though as large");
    changed(tag.pid_namespace, "in another pid namespace");
    CHECK(tag.pid_namespace != 0);
    tag.pid_namespace = 0;  // where /proc does not tell
    CHECK(refusal().empty());
    CHECK_THROWS_AS(shm::Ring<float>::open(memory.get(), memory.size()), shm::RingError);
}

TEST_CASE("a message's type may have a tag of its own") {
    const Memory memory(shm::Ring<Before>::bytes(64));
    static_cast<void>(shm::Ring<Before>::create(memory.get(), memory.size(), 64));
    CHECK_NOTHROW(shm::Ring<After>::open(memory.get(), memory.size()));
    CHECK_THROWS_AS(shm::Ring<Other>::open(memory.get(), memory.size()), shm::RingError);
}

TEST_CASE("a ring is not made over another one") {
    const Memory memory(shm::Ring<Int>::bytes(64));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 64);
    CHECK(shm::Producer(ring).try_push(1));
    CHECK_THROWS_AS(shm::Ring<Int>::create(memory.get(), memory.size(), 64), shm::RingError);
    Int got = 0;
    CHECK((shm::Consumer(ring).try_pop(got) && got == 1));
}

TEST_CASE("numbers out of range are refused, and none is too large to be counted with") {
    const Memory memory(shm::Ring<Line>::bytes(8));
    using Lines = shm::Ring<Line>;
    for (const std::size_t capacity : {std::size_t{0}, (std::size_t{1} << 30) + 1, SIZE_MAX}) {
        CHECK_THROWS_AS(Lines::create(memory.get(), memory.size(), capacity), shm::RingError);
    }
    CHECK_THROWS_AS(Lines::create(memory.get(), memory.size(), 8, (std::uint64_t{1} << 63) + 1),
                    shm::RingError);
    static_cast<void>(Lines::create(memory.get(), memory.size(), 8));
    CHECK_THROWS_AS(Lines::open(memory.get() + 64, memory.size() - 64), shm::RingError);
    auto& capacity = reinterpret_cast<shm::ring::Header*>(memory.get())->capacity;
    // Times the bytes of a slot, modulo 2^64: small, and would fit in.
    for (const std::uint64_t large : {std::uint64_t{1} << 58, std::uint64_t{1} << 57, UINT64_MAX}) {
        capacity = large;
        CHECK_THROWS_AS(Lines::open(memory.get(), memory.size()), shm::RingError);
    }
}

TEST_CASE("no more is published or given back than there is") {
    const Memory memory(shm::SpanRing<Int>::bytes(64));
    const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 64);
    shm::Producer producer(ring);
    shm::Consumer consumer(ring);
    const std::size_t room = producer.reserve(100).size();
    CHECK(room == 64);
    CHECK_THROWS_AS(producer.publish(room + 1), shm::RingError);
    CHECK_THROWS_AS(producer.publish(SIZE_MAX), shm::RingError);
    CHECK(consumer.peek(1).empty());
    producer.publish(3);
    CHECK(consumer.peek(100).size() == 3);
    CHECK_THROWS_AS(consumer.release(4), shm::RingError);
    CHECK_THROWS_AS(consumer.release(SIZE_MAX), shm::RingError);
    CHECK(consumer.taken() == 0);
    consumer.release(3);
    CHECK(consumer.taken() == 3);
}

TEST_CASE("of free slots only those are sent that were reserved last, and likewise given back") {
    const Memory memory(shm::SpanRing<Int>::bytes(64));
    const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 64);
    shm::Producer producer(ring);
    shm::Consumer consumer(ring);
    REQUIRE(producer.try_push(0));  // now the ring knows that slots are free, and a message there
    CHECK_THROWS_AS(producer.publish(1), shm::RingError);  // nobody has written it
    REQUIRE(producer.reserve(3).size() == 3);
    CHECK_THROWS_AS(producer.publish(4), shm::RingError);
    REQUIRE(producer.reserve(2).size() == 2);
    CHECK_THROWS_AS(producer.publish(3), shm::RingError);
    REQUIRE(producer.try_push(1));  // lies in the first of the two
    CHECK_THROWS_AS(producer.publish(2), shm::RingError);
    producer.publish(1);
    CHECK_THROWS_AS(producer.publish(1), shm::RingError);
    CHECK(producer.sent() == 3);
    Int got = 0;
    REQUIRE(consumer.try_pop(got));
    CHECK_THROWS_AS(consumer.release(1), shm::RingError);  // nobody has seen it
    REQUIRE(consumer.peek(1).size() == 1);
    CHECK_THROWS_AS(consumer.release(2), shm::RingError);
    consumer.release(1);
    CHECK_THROWS_AS(consumer.release(1), shm::RingError);
    CHECK(consumer.taken() == 2);
}

TEST_CASE("to publish nothing, or to give nothing back, changes nothing") {
    const Memory memory(shm::Ring<Int>::bytes(4));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 4);
    shm::Producer producer(ring);
    shm::Consumer consumer(ring);
    for (Int i = 0, got = 0; i < 12; ++i) {  // at the end of the memory, too
        producer.publish(0);
        REQUIRE(producer.try_push(i));
        producer.publish(0);
        consumer.release(0);
        REQUIRE(consumer.try_pop(got));
        REQUIRE(got == i);
        consumer.release(0);
    }
    CHECK(ring.depth() == 0);
}

TEST_CASE("a wait takes time of any unit, and for ever is no time in the past") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    shm::Producer producer(ring);
    shm::Consumer consumer(ring);
    Int got = 0;
    CHECK(consumer.pop(got, std::chrono::duration<double, std::milli>(0.5)) ==
          WaitResult::timed_out);
    CHECK(consumer.pop(got, std::chrono::seconds::min()) == WaitResult::timed_out);
    CHECK(consumer.pop(got, std::chrono::duration<float>(NAN)) == WaitResult::timed_out);
    const auto wakes = [&](auto time) {
        std::thread sender([&] {
            std::this_thread::sleep_for(1ms);  // the consumer falls asleep, more often than not
            static_cast<void>(producer.try_push(7));
        });
        const WaitResult result = consumer.pop(got, time);
        sender.join();
        if (result != WaitResult::ready) static_cast<void>(consumer.pop(got, 10s));
        return result == WaitResult::ready;
    };
    CHECK(wakes(std::chrono::seconds::max()));
    CHECK(wakes(std::chrono::nanoseconds::max()));
    CHECK(wakes(std::chrono::years::max()));
    CHECK(wakes(std::chrono::duration<double>::max()));
}

TEST_CASE("anybody may ask how many messages are in a ring") {
    for (const std::uint64_t begin : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 5}) {
        const Memory memory(shm::Ring<Int>::bytes(7) + shm::SpanRing<Int>::bytes(200));
        const auto one = shm::Ring<Int>::create(memory.get(), memory.size(), 7, begin);
        shm::Producer producer(one);
        shm::Consumer consumer(one);
        Int got = 0;
        for (std::size_t depth = 0; depth <= 7; ++depth) {
            CHECK(one.depth() == depth);
            if (depth < 7) REQUIRE(producer.try_push(1));
        }
        REQUIRE(consumer.try_pop(got));
        CHECK(one.depth() == 6);
        REQUIRE(producer.try_push(1));
        CHECK(one.depth() == 7);
        while (consumer.try_pop(got)) {
        }
        CHECK(one.depth() == 0);
    }
    const Memory memory(shm::SpanRing<Int>::bytes(200));
    const auto many = shm::SpanRing<Int>::create(memory.get(), memory.size(), 200);
    shm::Producer producer(many);
    shm::Consumer consumer(many);
    std::size_t depth = 0;
    for (int round = 0; round < 50; ++round) {
        const std::size_t some = producer.reserve(37).size();
        producer.publish(some);
        depth += some;
        REQUIRE(many.depth() == depth);
        const std::size_t taken = consumer.peek(33).size();
        if (taken != 0) consumer.release(taken);
        depth -= taken;
        REQUIRE(many.depth() == depth);
    }
}

TEST_CASE("a successor finds its place among the numbers of a large ring") {
    constexpr std::size_t capacity = std::size_t{1} << 22;
    const Memory memory(shm::Ring<char>::bytes(capacity));
    const auto ring = shm::Ring<char>::create(memory.get(), memory.size(), capacity);
    {
        shm::Producer producer(ring);
        for (std::size_t sent = 0; sent < capacity - 5; ++sent) REQUIRE(producer.try_push('x'));
    }
    CHECK(shm::Producer(ring).sent() == capacity - 5);
    CHECK(ring.depth() == capacity - 5);
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

TEST_CASE(
    "a message that vanishes at any instruction of pop was taken, or is not said to be ready") {
#ifdef __SANITIZE_THREAD__
    return testing::skip("ThreadSanitizer's own code is stepped through, too");
#endif
    struct Outcome {
        std::atomic<bool> is_there;
        WaitResult result;
        std::uint64_t taken;
    };
    bool is_late = false;
    for (unsigned steps = 0; !is_late; ++steps) {
        const Memory memory(shm::Ring<Int>::bytes(8));
        const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
        REQUIRE(shm::Producer(ring).try_push(7));
        const unit::Shared<Outcome> outcome;
        unit::Forked child([&] {
            shm::Consumer consumer(ring);
            if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
            raise(SIGSTOP);
            Int got = 0;
            outcome->result = consumer.pop(got, 0ns);
            outcome->taken = consumer.taken();
            outcome->is_there = true;
            return 0;
        });
        int status = 0;
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        if (!WIFSTOPPED(status)) return testing::skip("a process may not trace its child");
        for (unsigned step = 0; step < steps && !outcome->is_there; ++step) {
            REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
            REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
            REQUIRE(WIFSTOPPED(status));
        }
        is_late = outcome->is_there;
        auto* header = reinterpret_cast<shm::ring::Header*>(memory.get());
        reinterpret_cast<std::atomic<Int>*>(header + 1)->store(0);
        REQUIRE(ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr) == 0);
        REQUIRE(child.wait().status == "0");
        CAPTURE(steps);
        REQUIRE(outcome->taken == (outcome->result == WaitResult::ready ? 1 : 0));
    }
}

TEST_CASE("a ring that is larger than all addresses is none that fits in") {
    using Large = shm::SpanRing<std::array<char, 65536>>;
    const Memory memory(std::size_t{1} << 20U);
    // Of 32 bits nothing is left of so many messages.
    CHECK_THROWS_AS(Large::create(memory.get(), memory.size(), 65536), shm::RingError);
    static_cast<void>(Large::create(memory.get(), memory.size(), 8));
    auto* header = reinterpret_cast<shm::ring::Header*>(memory.get());
    header->capacity = 65536;
    CHECK_THROWS_AS(Large::open(memory.get(), memory.size()), shm::RingError);
    header->capacity = (std::uint64_t{1} << 32U) + 8;
    CHECK_THROWS_AS(Large::open(memory.get(), memory.size()), shm::RingError);
}

TEST_CASE("a killed producer's messages arrive, then the news, and its successor goes on") {
    if (!shm::has_robust_list()) {
        return testing::skip("no robust lists (an emulator): nobody is told of a dead producer");
    }
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
        // Without a wake, each sleep would last 250 ms: all of them some minutes.
        const auto end = std::chrono::steady_clock::now() + 60s;
        for (Int i = 0, got = 0; i < 2000; ++i) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            if (i % 16 == 8) std::this_thread::sleep_for(100us);
            REQUIRE(producer.push(i, 100s) == WaitResult::ready);
            REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
            REQUIRE(got == i);
        }
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
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

TEST_CASE("an end that an exception destroys has died to its peer and has not left") {
    const Memory memory(shm::Ring<Int>::bytes(8));
    const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
    const auto in_thread = [](const auto& body) {
        std::thread([&] {
            try {
                body();
            } catch (const std::runtime_error&) {
                return;
            }
        }).join();
    };
    Int got = 0;
    shm::Consumer consumer(ring);
    in_thread([&] {
        shm::Producer producer(ring);
        if (producer.try_push(7)) throw std::runtime_error("it gives up");
    });
    CHECK(consumer.pop(got, 100s) == WaitResult::ready);  // what it has sent comes first
    CHECK(consumer.pop(got, 100s) == WaitResult::peer_died);
    in_thread([&] { shm::Producer producer(ring); });
    CHECK(consumer.pop(got, 100s) == WaitResult::closed);

    const Memory more(shm::Ring<Int>::bytes(8));
    const auto back = shm::Ring<Int>::create(more.get(), more.size(), 8);
    shm::Producer producer(back);
    REQUIRE(producer.try_push(7));
    in_thread([&] {
        shm::Consumer other(back);
        throw std::runtime_error("it gives up");
    });
    CHECK(producer.flush(100s) == WaitResult::peer_died);
}

TEST_CASE("what a consumer did before it gave all back is done when flush says so") {
    const Memory memory(shm::SpanRing<Int>::bytes(8));
    const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 8);
    shm::Producer producer(ring);
    REQUIRE(producer.try_push(1));
    int done = 0;  // no atomic: the ring orders it
    std::thread reader([&] {
        shm::Consumer consumer(ring);
        if (consumer.peek(1).empty()) return;
        done = 7;
        consumer.release(1);
        static_cast<void>(consumer.wait(100s));  // until there is another message
    });
    CHECK(producer.flush(100s) == WaitResult::ready);
    CHECK(done == 7);
    CHECK(producer.try_push(2));  // the reader goes
    reader.join();
}

TEST_CASE("numbers that no correct peer would write are errors") {
    const Memory memory(shm::SpanRing<Int>::bytes(64));
    auto* header = reinterpret_cast<shm::ring::Header*>(memory.get());
    Int got = 0;
    SECTION("a count of more than fits in") {
        const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 64);
        shm::Consumer consumer(ring);
        header->sent.store(65);
        CHECK_THROWS_AS(consumer.try_pop(got), shm::RingError);
        CHECK_THROWS_AS(shm::Producer(ring), shm::RingError);
    }
    SECTION("the same, where each message has its number") {
        const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 8);
        shm::Consumer consumer(ring);
        header->sent.store(9);
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
    SECTION("so much given back that what fits in is beyond all numbers") {
        // 60 are free, but only 34 lie side by side: 2^64 is no multiple of 60.
        const std::uint64_t last = ~std::uint64_t{0} - 49;
        static_cast<void>(shm::SpanRing<Int>::create(memory.get(), memory.size(), 60));
        header->sent = header->released = last;
        const auto ring = shm::SpanRing<Int>::open(memory.get(), memory.size());
        CHECK_THROWS_AS(shm::Producer(ring).reserve(60), shm::RingError);
    }
    SECTION("the same, with a number beside each message") {
        const auto ring = shm::Ring<Int>::create(memory.get(), memory.size(), 30);
        header->released = ~std::uint64_t{0} - 25;
        CHECK_THROWS_AS(shm::Producer(ring), shm::RingError);
    }
}

TEST_CASE("a peer that writes nonsense into the ring gets an error, never more") {
    std::mt19937_64 random(5);
    int producer_errors = 0;
    int consumer_errors = 0;
    for (int round = 0; round < 300; ++round) {
        const Memory memory(shm::SpanRing<Int>::bytes(64));
        const auto ring = shm::SpanRing<Int>::create(memory.get(), memory.size(), 64);
        // The counts and the messages: what lies behind the locks, which hold pointers of the C
        // library's own.
        const auto& header = *reinterpret_cast<const shm::ring::Header*>(memory.get());
        const auto* sent = reinterpret_cast<const std::byte*>(&header.sent);
        const auto from = static_cast<std::size_t>(sent - memory.get());
        const auto scribble = [&] {
            const std::size_t words = (shm::SpanRing<Int>::bytes(64) - from) / 8;
            const std::uint64_t word = random() % 3 == 0 ? random() : random() % 200;
            std::memcpy(memory.get() + from + random() % words * 8, &word, 8);
        };
        bool is_producer = true;
        try {
            shm::Producer producer(ring);
            shm::Consumer consumer(ring);
            for (int i = 0; i < 50; ++i) {
                is_producer = true;
                scribble();
                static_cast<void>(producer.push(1, 0ns));
                for (Int& slot : producer.reserve(100)) slot = 2;
                is_producer = false;
                scribble();
                Int got = 0;
                static_cast<void>(consumer.pop(got, 0ns));
                for (const Int& message : consumer.peek(100)) got += message;
            }
        } catch (const shm::RingError& error) {
            CHECK(std::string(error.what()).find("is broken") != std::string::npos);
            ++(is_producer ? producer_errors : consumer_errors);
        }
    }
    CHECK(producer_errors > 0);
    CHECK(consumer_errors > 0);
}
