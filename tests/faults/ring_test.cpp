/// @file
/// The ring of lesson 05 between processes: one end killed before each single instruction, and the
/// system calls counted.

#include "common/ring/ring.hpp"

#include "tests/faults/support.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
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

/// Two processes that take turns have no use for two CPUs.
class OneCpu {
public:
    OneCpu() {
        REQUIRE(sched_getaffinity(0, sizeof(before_), &before_) == 0);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
        REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
    }
    OneCpu(const OneCpu&) = delete;
    OneCpu& operator=(const OneCpu&) = delete;
    ~OneCpu() { sched_setaffinity(0, sizeof(before_), &before_); }

private:
    cpu_set_t before_ = {};
};

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
        return Ring::create(static_cast<std::byte*>(memory) + 128, size - 128, capacity, 30);
    }
    /// How many messages the child has sent, or taken.
    std::atomic<Number>& done() { return *static_cast<std::atomic<Number>*>(memory); }

    static constexpr std::size_t size = 128 + Ring::bytes(capacity);
    void* memory = nullptr;
};

/// Runs `life` in a child which stops itself wherever life says raise(SIGUSR1); after stop number
/// `phase` it goes on for `steps` instructions, one at a time, and is killed.
/// @returns 1 if it was killed; 0 if it came to the next stop, or to its end, before; -1 if this
///          machine does not let a process be traced
template <typename Life>
int kill_after(int phase, unsigned long steps, Life life) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) _exit(9);
        life();
        _exit(0);
    }
    int status = 0;
    for (int stop = 0; stop <= phase; ++stop) {
        if (stop != 0) ptrace(PTRACE_CONT, child, nullptr, nullptr);
        REQUIRE(waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) return WEXITSTATUS(status) == 9 ? -1 : 0;
        REQUIRE((WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1));
    }
    bool is_on = true;
    while (steps-- != 0 && is_on) {
        if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == -1) return -1;
        REQUIRE(waitpid(child, &status, 0) == child);
        if (WIFEXITED(status)) return 0;
        is_on = WSTOPSIG(status) == SIGTRAP;
    }
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
    return is_on ? 1 : 0;
}

constexpr int phases = 4;  // begin, one message, a span, end

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

/// Calls `killed(phase, steps)` for 1, 2, 3 ... instructions of each phase, until it returns 0,
/// which means that the phase had no more.
template <typename Killed>
void sweep(Killed killed) {
    const OneCpu one_cpu;
    const unsigned long stride = address_sanitizer ? 29 : 1;
    unsigned long kills = 0;
    for (int phase = 0; phase < phases; ++phase) {
        for (unsigned long steps = 1;; steps += stride) {
            INFO("phase " << phase << ", " << steps << " instructions");
            const int result = killed(phase, steps);
            if (result == -1) return testing::skip("needs to trace a process");
            if (result == 0) break;
            ++kills;
        }
    }
    std::printf("killed at %lu instructions\n", kills);
    CHECK(kills * stride > 100);
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("a producer is killed before each of its instructions", "",
                       ((RingFor use), use), RingFor::calls, RingFor::spans) {
    Shared<use> shared;
    sweep([&](int phase, unsigned long steps) {
        const auto ring = shared.renew();
        const int result = kill_after(phase, steps, [&] { send(shared, ring); });
        if (result == -1) return result;
        shm::Consumer consumer(ring);
        Number taken = 0, got = 0;
        WaitResult news = WaitResult::ready;
        // Before it has claimed its endpoint it may be one that never comes.
        while ((news = consumer.pop(got, phase == 0 ? 0s : 100s)) == WaitResult::ready) {
            REQUIRE(got == 30 + taken++);
        }
        // Every message that it had published, and none twice; a span whole or not at all.
        const Number done = shared.done().load();
        REQUIRE(taken >= done);
        REQUIRE(taken <= (phase < 2 ? 1U : 71U));
        const bool was_told = news == WaitResult::peer_died ||
                              (phase == 3 && news == WaitResult::closed) ||
                              (phase == 0 && news == WaitResult::timed_out) || result == 0;
        REQUIRE(was_told);
        shm::Producer successor(ring);
        REQUIRE(successor.sent() == 30 + taken);
        REQUIRE(successor.push(30 + taken, 100s) == WaitResult::ready);
        REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
        REQUIRE(got == 30 + taken);
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
        REQUIRE(producer.sent() == 30 + capacity);
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
        const auto given_back = static_cast<Number>(producer.sent() - 30 - capacity);
        const Number done = shared.done().load();
        REQUIRE(given_back >= done);
        REQUIRE(given_back <= (phase < 2 ? 1U : 41U));
        shm::Consumer successor(ring);
        REQUIRE(successor.taken() == 30 + given_back);
        Number got = 0;
        for (Number i = 0; i < capacity; ++i) {
            REQUIRE(successor.pop(got, 100s) == WaitResult::ready);
            REQUIRE(got == 30 + given_back + i);
        }
        REQUIRE(successor.pop(got, 0s) == WaitResult::timed_out);
        return result;
    });
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
