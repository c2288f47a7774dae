// common/ring/wait_any.hpp: several rings waited for at once, between threads, so that
// ThreadSanitizer sees it, and with a kernel that has no futex_waitv.
#include <shm/ring/ring.hpp>  // as other projects do

#include "common/kernel/process.hpp"  // has_robust_list
#include "tests/unit/support.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using shm::WaitResult;
using Int = std::uint32_t;
using Wide = std::array<std::uint64_t, 2>;

/// Memory that children share.
class Memory {
public:
    explicit Memory(std::size_t size)
        : size_(size), memory_(static_cast<std::byte*>(unit::map_shared(size))) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { unit::unmap_shared(memory_, size_); }
    std::byte* get() const { return memory_; }
    std::size_t size() const { return size_; }

private:
    std::size_t size_;
    std::byte* memory_;
};

/// A ring of so many messages, new.
template <typename T>
struct Fresh {
    explicit Fresh(std::size_t capacity)
        : memory(shm::Ring<T>::bytes(capacity)),
          ring(shm::Ring<T>::create(memory.get(), memory.size(), capacity)) {}
    const Memory memory;
    const shm::Ring<T> ring;
};

/// A ring of bytes, new.
struct FreshBytes {
    FreshBytes() : fd(memfd_create("ring_any_test", MFD_CLOEXEC)) {
        REQUIRE(ftruncate(fd, static_cast<off_t>(shm::ByteRing::bytes(1))) == 0);
        mapping.emplace(fd, shm::ByteRing::header_bytes());
    }
    FreshBytes(const FreshBytes&) = delete;
    FreshBytes& operator=(const FreshBytes&) = delete;
    ~FreshBytes() { close(fd); }
    const int fd;
    std::optional<shm::DoubleMapping> mapping;
};

/// Sends so many messages, at the pace of a sleeper now and then.
void send(const shm::Ring<Int>& ring, Int count) {
    shm::Producer producer(ring);
    for (Int i = 0; i < count; ++i) {
        if (i % 16 == 0) std::this_thread::sleep_for(100us);  // the other side falls asleep
        if (producer.push(i, 100s) != WaitResult::ready) return;
    }
    static_cast<void>(producer.flush(100s));
}

/// Receives all that `senders` send, `count` each, and says whether it was right.
bool receive_all(std::list<shm::Consumer<Int>>& consumers, Int count) {
    while (!consumers.empty()) {
        const auto [result, which] = shm::wait_any(100s, consumers);
        if (result == WaitResult::timed_out) return false;
        auto at = std::next(consumers.begin(), static_cast<std::ptrdiff_t>(which));
        if (result == WaitResult::closed) {
            if (at->taken() != count) return false;
            consumers.erase(at);
            continue;
        }
        for (auto& consumer : consumers) {
            const auto expected = static_cast<Int>(consumer.taken());
            for (Int got = 0; consumer.try_pop(got);)
                if (got != consumer.taken() - 1) return false;
            // What was said to be there is.
            if (&consumer == &*at && consumer.taken() == expected) return false;
        }
    }
    return true;
}

/// Makes a call end with this error from here on, in this thread and those that it starts. Returns
/// false where that is not possible.
bool forbid(unsigned number, unsigned error) {
    sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {std::size(lines), lines};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Three producers and one consumer of all: threads of this process.
bool exchange(Int count) {
    const Fresh<Int> a(8), b(8), c(64);
    std::list<shm::Consumer<Int>> consumers;
    for (const auto* fresh : {&a, &b, &c}) consumers.emplace_back(fresh->ring);
    std::vector<std::thread> senders;
    for (const auto* fresh : {&a, &b, &c})
        senders.emplace_back([fresh, count] { send(fresh->ring, count); });
    const bool is_right = receive_all(consumers, count);
    consumers.clear();
    for (std::thread& sender : senders) sender.join();
    return is_right;
}

}  // namespace

TEST_CASE("a consumer of several rings gets every message of each") {
    CHECK(exchange(1000));
}

TEST_CASE("a consumer of several rings gets every message where the kernel has no futex_waitv") {
#ifdef SYS_futex_waitv
    for (const unsigned error : {ENOSYS, EPERM}) {  // some filters of system calls say EPERM
        const auto ended = unit::in_child([error] {
            if (!forbid(SYS_futex_waitv, error)) return 7;
            return exchange(200) ? 0 : 1;
        });
        if (ended.status == "7") return testing::skip("needs seccomp");
        INFO(ended.err);
        CHECK(ended.status == "0");
    }
#else
    testing::skip("compiled without futex_waitv: the test before was of this");
#endif
}

TEST_CASE("who waits for several rings in vain sleeps, with any kernel") {
#ifdef SYS_futex_waitv
    const auto times_asleep = [] {
        const Fresh<Int> a(8), b(8);
        shm::Consumer<Int> first(a.ring), second(b.ring);
        const shm::Producer<Int> one(a.ring), other(b.ring);
        if (shm::wait_any(300ms, first, second).result != WaitResult::timed_out) return 99;
        rusage used = {};
        getrusage(RUSAGE_SELF, &used);
        return static_cast<int>(std::min(used.ru_nvcsw, 98L));
    };
    const int times = std::stoi(unit::in_child(times_asleep).status);
    CHECK(times > 0);
    // A dead producer is looked for each quarter of a second, and not each millisecond.
    if (syscall(SYS_futex_waitv, nullptr, 0, 0, nullptr, 0) == -1 && errno != ENOSYS)
        CHECK(times < 20);
    for (const unsigned error : {ENOSYS, EPERM}) {
        const int shortly =
            std::stoi(unit::in_child([&] {
                          return forbid(SYS_futex_waitv, error) ? times_asleep() : 100;
                      }).status);
        CHECK(shortly > 0);
        CHECK(shortly != 99);
    }
#endif
}

TEST_CASE("rings of any kind are waited for together") {
    const Fresh<Int> small(8);
    const Fresh<Wide> large(8);
    const FreshBytes any;
    const auto bytes = shm::ByteRing::create(*any.mapping);
    shm::Consumer first(small.ring);
    shm::Consumer second(large.ring);
    shm::ByteConsumer third(bytes);
    CHECK(shm::wait_any(0s, first, second, third).result == WaitResult::timed_out);
    const auto comes_from = [&](std::size_t expected, auto send) {
        std::thread sender([&] {
            std::this_thread::sleep_for(1ms);  // the consumer falls asleep, more often than not
            send();
        });
        const auto [result, which] = shm::wait_any(100s, first, second, third);
        sender.join();
        CHECK(result == WaitResult::ready);
        CHECK(which == expected);
        Int got = 0;
        Wide wide = {};
        std::vector<std::byte> message;
        CHECK((first.try_pop(got) || second.try_pop(wide) || third.try_pop(message)));
    };
    shm::Producer<Int> to_first(small.ring);
    shm::Producer<Wide> to_second(large.ring);
    shm::ByteProducer to_third(bytes);
    for (int round = 0; round < 20; ++round) {  // over the end of each ring
        comes_from(0, [&] { static_cast<void>(to_first.try_push(1)); });
        comes_from(1, [&] { static_cast<void>(to_second.try_push({})); });
        comes_from(2, [&] { static_cast<void>(to_third.try_push(std::array{std::byte{7}})); });
    }
}

TEST_CASE("of several rings the messages come first, then the news who has gone") {
    const Fresh<Int> a(8), b(8);
    shm::Consumer first(a.ring);
    shm::Consumer second(b.ring);
    std::optional<shm::Producer<Int>> leaves(std::in_place, a.ring);
    shm::Producer<Int> stays(b.ring);
    REQUIRE(leaves->try_push(1));
    REQUIRE(stays.try_push(2));
    leaves.reset();
    Int got = 0;
    auto news = shm::wait_any(100s, first, second);
    CHECK((news.result == WaitResult::ready && news.which == 0));
    REQUIRE(first.try_pop(got));
    news = shm::wait_any(100s, first, second);
    CHECK((news.result == WaitResult::ready && news.which == 1));
    REQUIRE(second.try_pop(got));
    news = shm::wait_any(100s, second, first);
    CHECK((news.result == WaitResult::closed && news.which == 1));
    CHECK(shm::wait_any(1ms, second).result == WaitResult::timed_out);
}

TEST_CASE("a producer that is killed is noticed by who waits for several rings") {
    if (!shm::has_robust_list()) {
        return testing::skip("no robust lists (an emulator): nobody is told of a dead producer");
    }
    const Fresh<Int> a(8), b(8);
    shm::Consumer first(a.ring);
    shm::Consumer second(b.ring);
    const shm::Producer<Int> stays(a.ring);
    const unit::Shared<std::atomic<bool>> is_there;
    unit::Forked child([&] {
        const shm::Producer<Int> producer(b.ring);
        *is_there = true;
        pause();
        return 0;
    });
    while (!*is_there) std::this_thread::yield();
    std::thread killer([&] {
        std::this_thread::sleep_for(5ms);  // the consumer falls asleep, more often than not
        child.send(SIGKILL);
    });
    const auto news = shm::wait_any(100s, first, second);
    killer.join();
    CHECK((news.result == WaitResult::peer_died && news.which == 1));
}

TEST_CASE("128 rings can be waited for, and no more, and not none") {
#ifdef __SANITIZE_THREAD__
    return testing::skip("ThreadSanitizer knows a thread that holds 64 locks, and no more");
#endif
    std::list<Fresh<Int>> rings;
    std::list<shm::Consumer<Int>> consumers;
    CHECK_THROWS_AS(shm::wait_any(1ms, consumers), shm::RingError);
    for (int i = 0; i < 128; ++i) consumers.emplace_back(rings.emplace_back(2).ring);
    shm::Producer producer(rings.back().ring);
    std::thread sender([&] {
        std::this_thread::sleep_for(2ms);
        static_cast<void>(producer.try_push(1));
    });
    const auto news = shm::wait_any(100s, consumers);
    sender.join();
    CHECK((news.result == WaitResult::ready && news.which == 127));
    Int got = 0;
    REQUIRE(consumers.back().try_pop(got));
    consumers.emplace_back(rings.emplace_back(2).ring);
    CHECK_THROWS_AS(shm::wait_any(1ms, consumers), shm::RingError);
}

TEST_CASE("a message that comes at any instruction of a wait is not slept over") {
#ifdef __SANITIZE_THREAD__
    return testing::skip("ThreadSanitizer's own code is stepped through, too");
#endif
    // So many lead from the call to the first clock and beyond.
    for (unsigned steps = 0; steps < 300; ++steps) {
        const Fresh<Wide> a(2), b(2);
        unit::Forked child([&] {
            shm::Consumer first(a.ring);
            shm::Consumer second(b.ring);
            if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
            raise(SIGSTOP);
            // Longer only if it sleeps over what has come.
            const auto [result, which] = shm::wait_any(3s, first, second);
            return result == WaitResult::ready && which == 1 ? 0 : 1;
        });
        int status = 0;
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        if (!WIFSTOPPED(status)) return testing::skip("a process may not trace its child");
        for (unsigned step = 0; step < steps; ++step) {
            REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
            REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
            REQUIRE(WIFSTOPPED(status));
        }
        // As one that looked for a sleeper before there was one: nobody is woken.
        auto& asleep = reinterpret_cast<shm::ring::Header*>(b.memory.get())->consumer.asleep;
        const std::uint32_t was_asleep = asleep.exchange(0);
        REQUIRE(shm::Producer(b.ring).try_push({}));
        asleep = was_asleep;
        REQUIRE(ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr) == 0);
        CAPTURE(steps);
        REQUIRE(child.wait().status == "0");
    }
}

TEST_CASE("a peer that goes on changing what is watched keeps nobody from the end of the wait") {
    const Fresh<Wide> a(8), b(8);
    shm::Consumer first(a.ring);
    shm::Consumer second(b.ring);
    // News each time, and never a message: fewer were sent than were taken.
    auto& sent = reinterpret_cast<shm::ring::Header*>(a.memory.get())->sent;
    std::atomic<bool> ends = false;
    std::thread hostile([&] {
        for (std::uint64_t i = 1; !ends; ++i) sent = 0 - i;
    });
    alarm(30);  // ends a call that never does
    CHECK(shm::wait_any(20ms, second, first).result == WaitResult::timed_out);
    CHECK(first.wait(20ms) == WaitResult::timed_out);
    alarm(0);
    ends = true;
    hostile.join();
}
