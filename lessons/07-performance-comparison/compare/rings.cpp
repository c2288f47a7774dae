#include "mechanism.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/error.hpp"
#include "common/ring/ring.hpp"

#include <fmt/core.h>

#include <sys/mman.h>  // mmap

#include <algorithm>
#include <chrono>
#include <cstring>

using namespace std::chrono_literals;

namespace comparison {

namespace {

/// A message: the ring has to know its size when it is compiled.
template <std::size_t bytes>
struct alignas(8) Block {
    std::byte data[bytes];
};

enum class Way { spinning, sleeping, in_place };

/// Two rings in one mapping, one for each direction.
template <typename Message>
class RingChannel : public Channel {
public:
    using Ring = shm::Ring<Message>;

    explicit RingChannel(Way way) : way_(way) {
        memory_ = checked::mmap(nullptr, 2 * each, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        for (int i = 0; i < 2; ++i) static_cast<void>(Ring::create(ring(i), each, capacity));
    }
    ~RingChannel() override { munmap(memory_, 2 * each); }
    std::unique_ptr<End> open(Side side) override;

private:
    // Enough to keep both sides busy, and not more than the caches hold.
    static constexpr std::size_t capacity =
        std::clamp<std::size_t>((std::size_t{4} << 20) / sizeof(Message), 4, 256);
    static constexpr std::size_t each = (Ring::bytes(capacity) + 4095) / 4096 * 4096;
    void* ring(int number) { return static_cast<std::byte*>(memory_) + number * each; }

    Way way_;
    void* memory_;
};

template <typename Message>
class RingEnd : public End {
public:
    RingEnd(const shm::Ring<Message>& out, const shm::Ring<Message>& in, Way way)
        : producer_(out), consumer_(in), way_(way), outgoing_(size), incoming_(size) {}

    Bytes place() override {
        if (way_ != Way::in_place) return outgoing_;
        return free_place();
    }
    void send() override {
        if (way_ != Way::in_place) {
            const Bytes there = free_place();
            std::memcpy(there.data(), outgoing_.data(), size);
        }
        producer_.publish(1);
    }
    std::span<const std::byte> receive() override {
        if (holds_) consumer_.release(1);  // the one before has been read by now
        holds_ = false;
        wait(consumer_);
        const std::span<const std::byte> there(consumer_.peek(1).front().data, size);
        if (way_ == Way::in_place) {
            holds_ = true;
            return there;
        }
        std::memcpy(incoming_.data(), there.data(), size);
        consumer_.release(1);
        return incoming_;
    }

private:
    static constexpr std::size_t size = sizeof(Message::data);
    Bytes free_place() {
        wait(producer_);
        return Bytes(producer_.reserve(1).front().data, size);
    }
    template <typename Side>
    void wait(Side& side) {
        shm::WaitResult result = shm::WaitResult::timed_out;
        if (way_ == Way::sleeping) {
            result = side.wait(10s);
        } else {
            // Spins, and looks now and then whether the other side lives.
            for (int rounds = 0; rounds < 10'000 && result == shm::WaitResult::timed_out;
                 ++rounds) {
                for (int looks = 0; looks < 1'000'000; ++looks) {
                    if (is_ready(side)) return;
                }
                result = side.wait(0ns);
            }
        }
        if (result != shm::WaitResult::ready)
            throw shm::Failure("the other side of a ring has ended");
    }
    static bool is_ready(shm::Producer<Message>& side) { return !side.reserve(1).empty(); }
    static bool is_ready(shm::Consumer<Message>& side) { return !side.peek(1).empty(); }

    shm::Producer<Message> producer_;
    shm::Consumer<Message> consumer_;
    Way way_;
    bool holds_ = false;
    std::vector<std::byte> outgoing_, incoming_;
};

template <typename Message>
std::unique_ptr<End> RingChannel<Message>::open(Side side) {
    const int out = side == Side::client ? 0 : 1;
    return std::make_unique<RingEnd<Message>>(Ring::open(ring(out), each),
                                              Ring::open(ring(1 - out), each), way_);
}

std::unique_ptr<Channel> make(std::size_t bytes, Way way) {
    switch (bytes) {
        case 64:
            return std::make_unique<RingChannel<Block<64>>>(way);
        case 4096:
            return std::make_unique<RingChannel<Block<4096>>>(way);
        case 65536:
            return std::make_unique<RingChannel<Block<65536>>>(way);
        case 1048576:
            return std::make_unique<RingChannel<Block<1048576>>>(way);
        default:
            throw Skipped(fmt::format("no ring for messages of {} bytes", bytes));
    }
}

}  // namespace

std::vector<Mechanism> rings() {
    return {{"ring, spinning", 2, [](std::size_t bytes) { return make(bytes, Way::spinning); }},
            {"ring, sleeping", 2, [](std::size_t bytes) { return make(bytes, Way::sleeping); }},
            {"ring, in place", 0, [](std::size_t bytes) { return make(bytes, Way::in_place); }}};
}

}  // namespace comparison
