/// @file
/// The ring of bytes of lesson 05 between processes: one end killed before each single instruction.

#include "common/ring/ring.hpp"

#include "tests/faults/single_steps.hpp"
#include "tests/faults/support.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

using namespace faults;
using namespace std::chrono_literals;
using shm::WaitResult;

namespace {

constexpr std::uint64_t count = 3;  // of messages that an end sends, or takes
constexpr std::size_t lengths[count] = {21, 0, 33};

/// Writes what message number `number` holds.
void fill(std::span<std::byte> room, std::uint64_t number) {
    std::memset(room.data(), static_cast<int>(number + 1), room.size());
}

bool is_message(std::span<const std::byte> got, std::uint64_t number) {
    const auto is_its_own = [&](std::byte byte) {
        return byte == static_cast<std::byte>(number + 1);
    };
    return got.size() == lengths[number % count] && std::all_of(got.begin(), got.end(), is_its_own);
}

/// A ring that begins so near the end of its memory that the first message runs over it, and what
/// the child tells before it is killed.
class Shared {
public:
    Shared() : fd_(memfd_create("byte_ring", MFD_CLOEXEC)) {
        REQUIRE(fd_ >= 0);
        REQUIRE(ftruncate(fd_, static_cast<off_t>(shm::ByteRing::bytes(1))) == 0);
        memory_.emplace(fd_, shm::ByteRing::header_bytes());
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { close(fd_); }
    shm::ByteRing renew() {
        std::memset(memory_->once(), 0, memory_->once_bytes());
        done() = 0;
        return shm::ByteRing::create(*memory_, begin());
    }
    std::uint64_t begin() const { return memory_->size() - 16; }
    /// How many messages the child has sent, or taken. Lies behind the header.
    std::atomic<std::uint64_t>& done() const {
        return *reinterpret_cast<std::atomic<std::uint64_t>*>(memory_->data() - 8);
    }

private:
    int fd_;
    std::optional<shm::DoubleMapping> memory_;
};

void send(const Shared& shared, const shm::ByteRing& ring) {
    raise(SIGUSR1);
    {
        shm::ByteProducer producer(ring);
        raise(SIGUSR1);
        std::byte first[lengths[0]];
        fill(first, 0);
        static_cast<void>(producer.push(first, 100s));
        shared.done() = 1;
        static_cast<void>(producer.try_push({}));
        shared.done() = 2;
        raise(SIGUSR1);
        fill(producer.reserve(40)->first(lengths[2]), 2);
        producer.commit(lengths[2]);
        shared.done() = 3;
        raise(SIGUSR1);
    }
    raise(SIGUSR1);
}

void receive(const Shared& shared, const shm::ByteRing& ring) {
    raise(SIGUSR1);
    {
        shm::ByteConsumer consumer(ring);
        raise(SIGUSR1);
        std::vector<std::byte> got;
        static_cast<void>(consumer.pop(got, 100s));
        shared.done() = 1;
        raise(SIGUSR1);
        for (std::uint64_t i = 1; i < count; ++i) {
            if (!consumer.peek()) _exit(1);
            consumer.release();
            shared.done() = i + 1;
        }
        raise(SIGUSR1);
    }
    raise(SIGUSR1);
}

/// Says whether the news of a peer that was killed in a phase are right.
bool is_told(WaitResult news, int phase, int killed) {
    return news == WaitResult::peer_died || (phase == 3 && news == WaitResult::closed) ||
           (phase == 0 && news == WaitResult::timed_out) || killed == 0;
}

}  // namespace

TEST_CASE("a producer of bytes is killed before each of its instructions") {
    Shared shared;
    sweep([&](int phase, unsigned long steps) {
        const auto ring = shared.renew();
        const int result = kill_after(phase, steps, [&] { send(shared, ring); });
        if (result == -1) return result;
        shm::ByteConsumer consumer(ring);
        std::vector<std::byte> got;
        std::uint64_t taken = 0;
        WaitResult news = WaitResult::ready;
        // Before it has claimed its endpoint it may be one that never comes.
        while ((news = consumer.pop(got, phase == 0 ? 0s : 100s)) == WaitResult::ready) {
            REQUIRE(is_message(got, taken++));
        }
        REQUIRE(is_told(news, phase, result));
        // All that it had sent, and the one that it was sending, or not.
        REQUIRE(taken >= shared.done());
        REQUIRE(taken <= std::min(shared.done() + 1, count));
        shm::ByteProducer successor(ring);
        REQUIRE(successor.sent() == consumer.taken());
        const std::byte message[21] = {std::byte{1}};
        REQUIRE(successor.push(message, 100s) == WaitResult::ready);
        REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
        REQUIRE(std::equal(got.begin(), got.end(), std::begin(message), std::end(message)));
        return result;
    });
}

TEST_CASE("a consumer of bytes is killed before each of its instructions") {
    Shared shared;
    sweep([&](int phase, unsigned long steps) {
        const auto ring = shared.renew();
        shm::ByteProducer producer(ring);
        for (std::uint64_t i = 0; i < count; ++i) {
            fill(producer.reserve(lengths[i]).value(), i);
            producer.commit(lengths[i]);
        }
        const int result = kill_after(phase, steps, [&] { receive(shared, ring); });
        if (result == -1) return result;
        const WaitResult news = producer.wait(ring.longest(), phase == 0 ? 0s : 100s);
        const std::uint64_t done = shared.done();
        if (news == WaitResult::ready) REQUIRE(done + 1 >= count);  // all of it was given back
        REQUIRE((news == WaitResult::ready || is_told(news, phase, result)));
        // Its successor takes what was not given back: at most the last one a second time.
        shm::ByteConsumer successor(ring);
        std::vector<std::byte> got;
        std::uint64_t left = 0;
        for (std::uint64_t i = 0; i < count; ++i)
            left += i < done ? 0 : shm::ring::record_bytes(lengths[i]);
        const std::uint64_t there = producer.sent() - successor.taken();
        std::uint64_t next = done;
        if (there != left) next = done + 1;  // it was killed before it could say so
        while (successor.try_pop(got)) REQUIRE(is_message(got, next++));
        REQUIRE(next == count);
        REQUIRE(producer.flush(0s) == WaitResult::ready);
        REQUIRE(producer.push({}, 100s) == WaitResult::ready);
        REQUIRE(successor.pop(got, 100s) == WaitResult::ready);
        REQUIRE(got.empty());
        return result;
    });
}
