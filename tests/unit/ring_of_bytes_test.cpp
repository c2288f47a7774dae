// common/ring/byte_ring.hpp: between two threads on one mapping, so that ThreadSanitizer sees it
// (but not that a message behind the edge is the same memory as one at the beginning), and between
// processes, which can be killed.
#include <shm/ring/ring.hpp>  // as other projects do

#include "common/kernel/process.hpp"  // has_robust_list
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using shm::WaitResult;
using Bytes = std::vector<std::byte>;
const std::size_t page = shm::DoubleMapping::page();

/// An object without a name, mapped as a ring of bytes needs it.
class Memory {
public:
    explicit Memory(std::size_t capacity) : fd_(object(shm::ByteRing::bytes(capacity))) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { close(fd_); }

    static int object(std::size_t bytes) {
        const int fd = memfd_create("byte_ring_test", MFD_CLOEXEC);
        REQUIRE(fd >= 0);
        REQUIRE(ftruncate(fd, static_cast<off_t>(bytes)) == 0);
        return fd;
    }
    int fd() const { return fd_; }
    shm::ring::ByteHeader& header() const {
        return *reinterpret_cast<shm::ring::ByteHeader*>(mapping.once());
    }

private:
    int fd_;

public:
    const shm::DoubleMapping mapping{fd_, shm::ByteRing::header_bytes()};
};

void fill(std::span<std::byte> room, std::uint64_t number) {
    for (std::size_t i = 0; i < room.size(); ++i)
        room[i] = static_cast<std::byte>(number + i + (number >> 8));
}

Bytes message(std::size_t length, std::uint64_t number) {
    Bytes result(length);
    fill(result, number);
    return result;
}

bool is_message(std::span<const std::byte> got, std::size_t length, std::uint64_t number) {
    const Bytes expected = message(length, number);
    return std::equal(got.begin(), got.end(), expected.begin(), expected.end());
}

/// The length of a message of a stream: short ones, long ones, none at all.
std::size_t length_of(std::uint64_t number, std::size_t longest) {
    const std::uint64_t random = number * 0x9e37'79b9'7f4a'7c15 >> 40;
    return static_cast<std::size_t>(random % (random % 8 == 0 ? longest + 1 : 40));
}

bool send(const shm::ByteRing& ring, std::uint64_t count) {
    shm::ByteProducer producer(ring);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t length = length_of(i, ring.longest());
        if (i % 3 == 0) {
            if (producer.push(message(length, i), 100s) != WaitResult::ready) return false;
        } else {  // in place, and sometimes more is reserved than is used
            const std::size_t room = i % 3 == 1 ? length : std::min(length + 50, ring.longest());
            if (producer.wait(room, 100s) != WaitResult::ready) return false;
            fill(producer.reserve(room)->first(length), i);
            producer.commit(length);
        }
    }
    return true;
}

/// @returns how many messages came as they were sent, and how it ended
std::pair<std::uint64_t, WaitResult> receive(const shm::ByteRing& ring) {
    shm::ByteConsumer consumer(ring);
    Bytes got;
    for (std::uint64_t i = 0;; ++i) {
        const std::size_t length = length_of(i, ring.longest());
        const WaitResult result = i % 2 == 0 ? consumer.pop(got, 100s) : consumer.wait(100s);
        if (result != WaitResult::ready) return {i, result};
        const bool is_right = is_message(i % 2 == 0 ? got : *consumer.peek(), length, i);
        if (!is_right) return {i, result};
        if (i % 2 == 1) consumer.release();
    }
}

/// Returns how many bytes of addresses this process has mapped (man 5 proc, "statm").
std::size_t address_space() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * page;
}

}  // namespace

TEST_CASE("an object that is mapped twice goes on at its beginning") {
    const int fd = Memory::object(3 * page);
    {
        const shm::DoubleMapping memory(fd, page);
        CHECK(memory.size() == 2 * page);
        CHECK(memory.data() == memory.once() + page);
        std::memcpy(memory.data() + 2 * page - 3, "across", 6);
        CHECK(std::memcmp(memory.data() + 2 * page - 3, "across", 6) == 0);
        CHECK(std::memcmp(memory.data(), "oss", 3) == 0);
        CHECK(memory.data()[4 * page - 1] == memory.data()[2 * page - 1]);
        char there[6] = {};
        CHECK(pread(fd, there, 3, static_cast<off_t>(3 * page) - 3) == 3);
        CHECK(pread(fd, there + 3, 3, static_cast<off_t>(page)) == 3);
        CHECK(std::memcmp(there, "across", 6) == 0);
        memory.once()[0] = std::byte{7};
        CHECK(pread(fd, there, 1, 0) == 1);
        CHECK(there[0] == 7);
    }
    close(fd);
}

TEST_CASE("what cannot be mapped twice is refused, and nothing stays mapped") {
    const int fd = Memory::object(2 * page);
    CHECK_THROWS_AS(shm::DoubleMapping(fd, 2 * page), shm::RingError);  // nothing is left
    CHECK_THROWS_AS(shm::DoubleMapping(fd, page / 2), shm::RingError);
    REQUIRE(ftruncate(fd, static_cast<off_t>(2 * page) + 8) == 0);
    CHECK_THROWS_AS(shm::DoubleMapping(fd, page), shm::RingError);
    REQUIRE(ftruncate(fd, 0) == 0);
    CHECK_THROWS_AS(shm::DoubleMapping(fd), shm::RingError);
    CHECK_THROWS_AS(shm::DoubleMapping(-1), std::system_error);
    const std::size_t large = std::size_t{1} << 28;  // of it no page is ever touched
    REQUIRE(ftruncate(fd, large) == 0);
    const int reading = open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(reading >= 0);
    const std::size_t before = address_space();
    CHECK_THROWS_AS(shm::DoubleMapping(reading), std::system_error);
    CHECK(address_space() < before + large);
    CHECK(shm::DoubleMapping(fd).size() == large);
    CHECK(address_space() < before + large);
    close(reading);
    close(fd);
}

TEST_CASE("a ring of bytes hands over messages of every length, wherever they begin") {
    for (std::size_t begin = 0; begin < page; begin += 8) {
        const Memory memory(page);
        const auto ring = shm::ByteRing::create(memory.mapping, begin);
        shm::ByteProducer producer(ring);
        shm::ByteConsumer consumer(ring);
        for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{7},
                                         std::size_t{8}, std::size_t{9}, ring.longest()}) {
            CAPTURE(begin, length);
            REQUIRE(producer.try_push(message(length, begin)));
            const auto got = consumer.peek();
            REQUIRE(got.has_value());
            REQUIRE(is_message(*got, length, begin));
            consumer.release();
            REQUIRE_FALSE(consumer.peek().has_value());
        }
    }
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    shm::ByteProducer producer(ring);
    shm::ByteConsumer consumer(ring);
    Bytes got;
    for (std::size_t length = 0; length <= ring.longest(); ++length) {
        REQUIRE(producer.try_push(message(length, length)));
        REQUIRE(consumer.try_pop(got));
        REQUIRE(is_message(got, length, length));
    }
    CHECK(producer.sent() == consumer.taken());
}

TEST_CASE("a stream of messages of any length arrives in order, every byte") {
    for (const std::size_t capacity : {page, 3 * page, 16 * page}) {
        CAPTURE(capacity);
        const Memory memory(capacity);
        const auto ring = shm::ByteRing::create(memory.mapping, 8);
        const std::uint64_t count = 3000;
        bool is_sent = false;
        std::thread sender([&] { is_sent = send(ring, count); });
        const auto [got, end] = receive(shm::ByteRing::open(memory.mapping));
        sender.join();
        CHECK(is_sent);
        CHECK(got == count);
        CHECK(end == WaitResult::closed);
    }
}

TEST_CASE("a ring of bytes holds what fits in, and no more") {
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    shm::ByteProducer producer(ring);
    shm::ByteConsumer consumer(ring);
    CHECK(ring.capacity() == page);
    std::uint64_t count = 0;
    while (producer.try_push(message(24, count))) ++count;
    CHECK(count == page / 32);
    CHECK(ring.depth() == page);
    CHECK_FALSE(producer.reserve(0).has_value());
    CHECK(producer.wait(1, 1ms) == WaitResult::timed_out);
    CHECK(producer.push(message(24, 0), 1ms) == WaitResult::timed_out);
    Bytes got;
    REQUIRE(consumer.try_pop(got));
    CHECK(ring.depth() == page - 32);
    CHECK(is_message(got, 24, 0));
    CHECK_FALSE(producer.reserve(25).has_value());
    CHECK(producer.wait(25, 1ms) == WaitResult::timed_out);
    CHECK(producer.try_push(message(24, count)));
    for (std::uint64_t i = 1; i <= count; ++i) {
        REQUIRE(consumer.try_pop(got));
        REQUIRE(is_message(got, 24, i));
    }
    CHECK_FALSE(consumer.try_pop(got));
    CHECK(producer.try_push(message(ring.longest(), 1)));
    CHECK_THROWS_AS(producer.try_push(message(ring.longest() + 1, 1)), shm::RingError);
    CHECK_THROWS_AS(producer.wait(ring.capacity(), 0s), shm::RingError);
    CHECK_THROWS_AS(producer.reserve(SIZE_MAX), shm::RingError);
}

TEST_CASE("of a ring of bytes only what was reserved is sent, and only what was seen given back") {
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    shm::ByteProducer producer(ring);
    shm::ByteConsumer consumer(ring);
    CHECK_THROWS_AS(producer.commit(0), shm::RingError);
    CHECK_THROWS_AS(consumer.release(), shm::RingError);
    REQUIRE(producer.reserve(5).has_value());
    CHECK_THROWS_AS(producer.commit(6), shm::RingError);
    CHECK_FALSE(consumer.peek().has_value());
    producer.commit(5);
    CHECK_THROWS_AS(producer.commit(0), shm::RingError);  // it has been sent
    REQUIRE(producer.reserve(5).has_value());
    REQUIRE_FALSE(producer.reserve(ring.longest()).has_value());
    CHECK_THROWS_AS(producer.commit(5), shm::RingError);  // the last reserve() returned nothing
    REQUIRE(producer.try_push({}));
    REQUIRE(consumer.peek().value().size() == 5);
    REQUIRE(consumer.peek().value().size() == 5);  // it is still the next one
    consumer.release();
    CHECK_THROWS_AS(consumer.release(), shm::RingError);
    REQUIRE(consumer.peek().has_value());  // an empty message is not the same as none
    CHECK(consumer.peek()->empty());
    consumer.release();
    CHECK_FALSE(consumer.peek().has_value());
}

TEST_CASE("a ring of bytes has one producer and one consumer while they live") {
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    {
        const shm::ByteProducer producer(ring);
        const shm::ByteConsumer consumer(ring);
        std::thread([&] {
            CHECK_THROWS_AS(shm::ByteProducer(ring), shm::RingError);
            CHECK_THROWS_AS(shm::ByteConsumer(ring), shm::RingError);
        }).join();
    }
    CHECK(shm::ByteProducer(ring).try_push({}));
}

TEST_CASE("a ring of bytes of another kind or size, or none, is refused") {
    const Memory memory(2 * page);
    CHECK_THROWS_AS(shm::ByteRing::open(memory.mapping), shm::RingError);
    {
        const shm::DoubleMapping otherwise(memory.fd(), 0);
        CHECK_THROWS_AS(shm::ByteRing::create(otherwise), shm::RingError);
        CHECK_THROWS_AS(shm::ByteRing::open(otherwise), shm::RingError);
    }
    static_cast<void>(shm::ByteRing::create(memory.mapping));
    CHECK_THROWS_AS(shm::ByteRing::create(memory.mapping), shm::RingError);  // it may be in use
    CHECK(shm::ByteRing::open(memory.mapping).capacity() == 2 * page);
    SECTION("longer than the ring that was made in it") {
        REQUIRE(ftruncate(memory.fd(), static_cast<off_t>(4 * page)) == 0);
        const shm::DoubleMapping longer(memory.fd(), shm::ByteRing::header_bytes());
        CHECK_THROWS_AS(shm::ByteRing::open(longer), shm::RingError);
    }
    SECTION("of a program with other locks, or other pointers") {
        shm::ring::Tag& tag = memory.header().tag;
        (GENERATE(false, true) ? tag.mutex_size : tag.pointer_size) += 8;
        CHECK_THROWS_AS(shm::ByteRing::open(memory.mapping), shm::RingError);
    }
    SECTION("either of Ring and ByteRing as the other") {
        const std::size_t bytes = shm::ByteRing::bytes(page);
        CHECK_THROWS_AS(shm::Ring<int>::open(memory.mapping.once(), bytes), shm::RingError);
        CHECK_THROWS_AS(shm::Ring<int>::create(memory.mapping.once(), bytes, 8), shm::RingError);
        std::memset(memory.mapping.once(), 0, bytes);
        static_cast<void>(shm::Ring<int>::create(memory.mapping.once(), bytes, 8));
        CHECK_THROWS_AS(shm::ByteRing::open(memory.mapping), shm::RingError);
        CHECK_THROWS_AS(shm::ByteRing::create(memory.mapping), shm::RingError);
    }
}

TEST_CASE("a killed producer of bytes leaves what it has sent, and nothing that it had reserved") {
    if (!shm::has_robust_list()) {
        return testing::skip("no robust lists (an emulator): nobody is told of a dead producer");
    }
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    const unit::Forked child([&] {
        shm::ByteProducer producer(ring);
        for (std::size_t i = 0; i < 10; ++i)
            if (!producer.try_push(message(i, i))) return 1;
        fill(producer.reserve(100).value(), 0);
        kill(getpid(), SIGKILL);
        return 0;
    });
    siginfo_t ended = {};
    REQUIRE(waitid(P_PID, static_cast<id_t>(child.pid()), &ended, WEXITED | WNOWAIT) == 0);
    shm::ByteConsumer consumer(ring);
    Bytes got;
    for (std::size_t i = 0; i < 10; ++i) {
        REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
        REQUIRE(is_message(got, i, i));
    }
    CHECK(consumer.pop(got, 100s) == WaitResult::peer_died);
    shm::ByteProducer successor(ring);
    CHECK(successor.sent() == consumer.taken());
    CHECK(successor.try_push(message(20, 5)));
    CHECK(consumer.pop(got, 100s) == WaitResult::ready);
    CHECK(is_message(got, 20, 5));
}

TEST_CASE("a message that a consumer of bytes had not given back comes to its successor") {
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    shm::ByteProducer producer(ring);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(producer.try_push(message(30 + i, i)));
    CHECK(producer.flush(1ms) == WaitResult::timed_out);
    {
        shm::ByteConsumer first(ring);
        REQUIRE(first.peek().has_value());
        first.release();
        REQUIRE(first.peek().has_value());
    }
    CHECK(producer.flush(100s) == WaitResult::closed);
    shm::ByteConsumer second(ring);
    Bytes got;
    for (std::size_t i = 1; i < 3; ++i) {
        REQUIRE(second.try_pop(got));
        REQUIRE(is_message(got, 30 + i, i));
    }
    CHECK(producer.flush(100s) == WaitResult::ready);
}

TEST_CASE("a producer of bytes that comes anew overwrites only what has been read") {
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    REQUIRE(shm::ByteProducer(ring).try_push(message(ring.longest(), 1)));
    std::atomic<bool> has_released = false;
    bool is_right = false;
    std::thread reader([&] {
        shm::ByteConsumer consumer(ring);
        is_right = is_message(consumer.peek().value(), ring.longest(), 1);
        consumer.release();
        // relaxed: it orders nothing, since what the ring orders is tested here
        has_released.store(true, std::memory_order_relaxed);
    });
    while (!has_released.load(std::memory_order_relaxed)) std::this_thread::yield();
    CHECK(shm::ByteProducer(ring).try_push(message(ring.longest(), 2)));
    reader.join();
    CHECK(is_right);
}

TEST_CASE("what a consumer of bytes did before it gave all back is done when flush says so") {
    const Memory memory(page);
    const auto ring = shm::ByteRing::create(memory.mapping);
    shm::ByteProducer producer(ring);
    REQUIRE(producer.try_push(message(30, 1)));
    int done = 0;  // no atomic: the ring orders it
    std::thread reader([&] {
        shm::ByteConsumer consumer(ring);
        if (!consumer.peek()) return;
        done = 7;
        consumer.release();
        static_cast<void>(consumer.wait(100s));  // until there is another message
    });
    CHECK(producer.flush(100s) == WaitResult::ready);
    CHECK(done == 7);
    static_cast<void>(producer.try_push({}));  // the reader goes
    reader.join();
}

TEST_CASE("bytes that no correct peer would write are errors") {
    const Memory memory(page);
    auto& header = memory.header();
    const auto ring = shm::ByteRing::create(memory.mapping);
    shm::ByteProducer producer(ring);
    shm::ByteConsumer consumer(ring);
    auto& length = shm::ring::length_at(memory.mapping.data());
    SECTION("a length that goes beyond what was sent") {
        REQUIRE(producer.try_push(message(8, 1)));
        length = GENERATE(std::uint64_t{9}, page, ~std::uint64_t{0}, ~std::uint64_t{0} - 15);
        CHECK_THROWS_AS(consumer.peek(), shm::RingError);
        CHECK_THROWS_AS(consumer.release(), shm::RingError);
        length = 8;
        CHECK(consumer.peek().has_value());
    }
    SECTION("a count that ends in the middle of a message") {
        REQUIRE(producer.try_push(message(8, 1)));
        header.sent = GENERATE(1U, 8U, 15U);
        CHECK_THROWS_AS(consumer.peek(), shm::RingError);
    }
    SECTION("more sent than fits in, or less than was taken") {
        header.sent = GENERATE(std::uint64_t{page} + 8, page + 1, ~std::uint64_t{0} - 7,
                               std::uint64_t{1} << 63);
        CHECK_THROWS_AS(consumer.peek(), shm::RingError);
        CHECK_THROWS_AS(consumer.wait(0s), shm::RingError);
    }
    SECTION("more given back than was sent, or less than before") {
        REQUIRE(producer.try_push(message(ring.longest(), 1)));
        header.released = GENERATE(std::uint64_t{page} + 8, ~std::uint64_t{0});
        CHECK_THROWS_AS(producer.reserve(0), shm::RingError);
        CHECK_THROWS_AS(producer.wait(0, 0s), shm::RingError);
    }
}

TEST_CASE("counts that make no sense are refused by whoever comes next") {
    const Memory memory(page);
    auto& header = memory.header();
    const auto ring = shm::ByteRing::create(memory.mapping);
    SECTION("one that is no multiple of 8") {
        header.released = header.sent = 12;
        CHECK_THROWS_AS(shm::ByteProducer(ring), shm::RingError);
        CHECK_THROWS_AS(shm::ByteConsumer(ring), shm::RingError);
    }
    SECTION("more between them than fits in") {
        header.sent = page + 8;
        CHECK_THROWS_AS(shm::ByteProducer(ring), shm::RingError);
    }
}

TEST_CASE("a length that changes at any instruction is read once") {
#ifdef __SANITIZE_THREAD__
    return testing::skip("ThreadSanitizer's own code is stepped through, too");
#endif
    struct Seen {
        std::size_t size;
        std::uint64_t taken;
        bool is_over;
    };
    bool is_over = false;
    for (unsigned steps = 0; !is_over; ++steps) {
        const Memory memory(page);
        const auto ring = shm::ByteRing::create(memory.mapping);
        shm::ByteProducer producer(ring);
        REQUIRE(producer.try_push(message(100, 1)));
        REQUIRE(producer.try_push(message(100, 2)));
        const unit::Shared<Seen> seen;
        unit::Forked child([&] {
            if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
            shm::ByteConsumer consumer(ring);
            raise(SIGSTOP);
            seen->size = consumer.peek().value().size();
            consumer.release();
            seen->taken = consumer.taken();
            seen->is_over = true;
            return 0;
        });
        int status = 0;
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        if (!WIFSTOPPED(status)) return testing::skip("a process may not trace its child");
        for (unsigned step = 0; step < steps && !seen->is_over; ++step) {
            REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
            REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
            REQUIRE(WIFSTOPPED(status));
        }
        is_over = seen->is_over;
        shm::ring::length_at(memory.mapping.data()) = 50;  // as right as the other
        REQUIRE(ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr) == 0);
        REQUIRE(child.wait().status == "0");
        REQUIRE((seen->size == 100 || seen->size == 50));
        REQUIRE(seen->taken == shm::ring::record_bytes(seen->size));
    }
}
