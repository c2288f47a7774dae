/// @file
/// The ring of bytes of lesson 05 with a process that writes nonsense into it: each call of the
/// other end says ready, timed_out, closed or peer_died in its time, or throws RingError, and
/// touches nothing beyond the ring.

#include "common/ring/ring.hpp"

#include "tests/faults/hostile_peer.hpp"
#include "tests/faults/support.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

using namespace faults;
using namespace std::chrono_literals;

namespace {

using Header = shm::ring::ByteHeader;
constexpr std::size_t capacity = page;
constexpr std::uint64_t begin = capacity - 64;  // the third message runs over the edge

/// A ring of one page, of which this process is the creator.
class Memory {
public:
    Memory() : fd_(memfd_create("byte_ring", MFD_CLOEXEC)) {
        REQUIRE(fd_ >= 0);
        REQUIRE(ftruncate(fd_, static_cast<off_t>(shm::ByteRing::bytes(capacity))) == 0);
        mapping_.emplace(fd_, shm::ByteRing::header_bytes());
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { close(fd_); }

    shm::ByteRing renew() const {
        std::memset(mapping_->once(), 0, bytes());
        return shm::ByteRing::create(*mapping_, begin);
    }
    shm::ByteRing open() const { return shm::ByteRing::open(*mapping_); }
    std::size_t bytes() const { return mapping_->once_bytes() + mapping_->size(); }
    /// Where a byte of the messages lies in the object.
    std::size_t at(std::uint64_t byte) const { return mapping_->once_bytes() + byte % capacity; }
    /// Says whether a message lies where messages may lie.
    bool holds(std::span<const std::byte> message) const {
        return message.data() >= mapping_->data() && message.size() <= capacity - 8 &&
               message.data() + message.size() <= mapping_->data() + 2 * capacity;
    }
    /// Says whether a word of 8 bytes is to be left alone.
    bool is_lock(std::size_t at) const {
        return faults::is_lock(*reinterpret_cast<const Header*>(mapping_->once()), at);
    }
    /// Writes a word of 8 bytes.
    void write(std::size_t at, std::uint64_t value) const {
        // relaxed: nobody is to find sense in it; but each store is made
        reinterpret_cast<std::atomic<std::uint64_t>*>(mapping_->once() + at)
            ->store(value, std::memory_order_relaxed);
    }

private:
    int fd_;
    std::optional<shm::DoubleMapping> mapping_;
};

/// Calls everything that a producer has; calls `between` with 1 when it is at work, with 2 right
/// before it waits.
template <typename Between>
void produce(const Memory& memory, const shm::ByteRing& ring, Ends& ends, Between between) {
    const std::vector<std::byte> message(20, std::byte{1});
    shm::ByteProducer producer(ring);
    ends.count(producer.push(message, 0us));
    between(1);
    for (const std::size_t length : {std::size_t{0}, std::size_t{100}, std::size_t{1000}}) {
        const auto room = producer.reserve(length);
        if (!room) continue;
        if (!memory.holds(*room)) _exit(3);
        std::fill(room->begin(), room->end(), std::byte{2});
        producer.commit(length / 2);
    }
    for (std::size_t i = 0; i <= capacity / 8 && producer.try_push(message); ++i) {
    }
    between(2);
    ends.count(producer.wait(500, 200us));
    ends.count(producer.push(message, 200us));
    ends.count(producer.flush(200us));
}

/// The same of a consumer, with 3 and 4.
template <typename Between>
void consume(const Memory& memory, const shm::ByteRing& ring, Ends& ends, Between between) {
    std::vector<std::byte> got;
    shm::ByteConsumer consumer(ring);
    ends.count(consumer.pop(got, 0us));
    between(3);
    unsigned sum = 0;
    for (int i = 0; i < 3; ++i) {
        const auto there = consumer.peek();
        if (!there) continue;
        if (!memory.holds(*there)) _exit(3);
        for (const std::byte byte : *there) sum += static_cast<unsigned>(byte);
        consumer.release();
    }
    for (std::size_t i = 0; i <= capacity / 8 && consumer.try_pop(got); ++i) sum += 1;
    between(4);
    ends.count(consumer.wait(200us));
    ends.count(consumer.pop(got, 200us));
    if (sum == ~0U) ++ends.errors;  // lest nothing be read
}

template <typename Between>
void use(const Memory& memory, const shm::ByteRing& ring, Ends& ends, Between between) {
    alarm(30);  // ends a call that never does
    try {
        produce(memory, ring, ends, between);
    } catch (const shm::RingError&) {
        ++ends.errors;
    }
    try {
        consume(memory, ring, ends, between);
    } catch (const shm::RingError&) {
        ++ends.errors;
    }
}

/// The words that tell the ring anything, by where they lie in the object.
std::vector<std::size_t> words_that_count(const Memory& memory) {
    std::vector<std::size_t> words = {offsetof(Header, magic), offsetof(Header, tag),
                                      offsetof(Header, capacity), offsetof(Header, sent),
                                      offsetof(Header, released)};
    for (const std::size_t endpoint : {offsetof(Header, producer), offsetof(Header, consumer)}) {
        for (const std::size_t word :
             {offsetof(shm::ring::Endpoint, state), offsetof(shm::ring::Endpoint, peer_cpu),
              offsetof(shm::ring::Endpoint, asleep)})  // `fenced` lies beside `state`
            words.push_back(endpoint + word);
    }
    // The lengths of the first messages: of 20, 0, 50, and of those that follow over the edge.
    for (const std::uint64_t length : {0, 32, 40, 104, 136})
        words.push_back(memory.at(begin + length));
    return words;
}

const std::vector<std::uint64_t> nonsense = {
    // clang-format off
    0, 1, 7, 9, 12, 2000, begin - 8, begin + 8, begin + 32, begin + 33, begin + capacity,
    begin + capacity + 8, capacity - 8, capacity, 2 * capacity, 1ULL << 32, 1ULL << 63, ~0ULL - 15,
    ~0ULL};
// clang-format on

}  // namespace

TEST_CASE("nonsense in any word of a ring of bytes is an error or news, in time") {
    const Memory memory;
    const SharedTable table;
    const Child hostile([&] { write_when_asked(memory, table); });
    Child victim([&] {
        meet_all(memory, table, words_that_count(memory), nonsense,
                 [&](const auto& ring, Ends& ends, const auto& between) {
                     use(memory, ring, ends, between);
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

TEST_CASE("a process that writes nonsense into a ring of bytes all the time does no more") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        const Memory memory;
        const SharedTable table;
        const auto ring = memory.renew();
        const Child hostile([&] { scribble(memory, seed, sizeof(Header), memory.bytes()); });
        Child victim([&] {
            const auto end = std::chrono::steady_clock::now() + 15ms;
            while (std::chrono::steady_clock::now() < end)
                use(memory, ring, table->ends, [](int) {});
        });
        REQUIRE(victim.wait() == 0);
    }
}

TEST_CASE("a length that changes all the time is read once, and checked") {
    const Memory memory;
    const auto ring = memory.renew();
    const Child hostile([&] {
        for (;;) {  // not faster, or the line hardly ever leaves this processor
            memory.write(memory.at(begin), 20);
            getppid();
            memory.write(memory.at(begin), capacity * 1000);
            getppid();
        }
    });
    Child victim([&] {
        alarm(30);
        shm::ByteProducer producer(ring);
        if (!producer.try_push(std::vector<std::byte>(20))) _exit(1);
        for (int i = 0; i < 1'000'000; ++i) {
            try {
                const auto there = shm::ByteConsumer(ring).peek();
                if (there && !memory.holds(*there)) _exit(3);
            } catch (const shm::RingError&) {
            }
        }
    });
    CHECK(victim.wait() == 0);
}
