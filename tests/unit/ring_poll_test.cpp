// common/ring/end.hpp: ends that wait by poll, and ends that never sleep; between threads, so that
// ThreadSanitizer sees them, and between processes, which can be killed.
#include <shm/ring/ring.hpp>  // as other projects do

#include "lessons/04-large-mmap/handing_over.hpp"  // Address

#include "common/kernel/checked.hpp"
#include "common/kernel/process.hpp"  // has_robust_list
#include "tests/harness/hand_over.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using shm::WaitResult;
using shm::Waits;
using Int = std::uint32_t;

/// A ring of eight messages, new, in memory that children share.
struct Fresh {
    Fresh() : memory(unit::map_shared(size)), ring(shm::Ring<Int>::create(memory, size, 8)) {}
    Fresh(const Fresh&) = delete;
    Fresh& operator=(const Fresh&) = delete;
    ~Fresh() { unit::unmap_shared(memory, size); }
    static constexpr std::size_t size = shm::Ring<Int>::bytes(8);
    void* memory;
    shm::Ring<Int> ring;
};

/// An eventfd, which a forked child inherits.
struct Event {
    Event() { REQUIRE(fd != -1); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { close(fd); }
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
};

/// How an end that polls came to its end.
struct Polled {
    WaitResult result;
    unsigned overslept = 0;  // times that there was news only when the time was up, though nobody
                             // had to look
};

/// Does what `act` can do until it can do no more, and polls in between, until `end.wait` says why
/// not.
template <typename Side, typename Act, typename Wait>
Polled poll_until_end(Side& side, const Event& event, Act act, Wait wait) {
    Polled polled = {WaitResult::ready};
    for (;;) {
        const int time = side.begin_poll();
        pollfd fds[] = {{event.fd, POLLIN, 0}};
        const bool is_late = poll(fds, std::size(fds), time) == 0 && time == 250;
        side.end_poll(event.fd);
        bool has_acted = false;
        while (act()) has_acted = true;
        if (is_late && has_acted) ++polled.overslept;
        polled.result = wait();
        if (polled.result == WaitResult::closed || polled.result == WaitResult::peer_died)
            return polled;
    }
}

/// Sends so many numbers, at the pace of a poller now and then.
void send(const Fresh& fresh, const Event& event, Int count) {
    shm::Producer producer(fresh.ring);
    producer.wake_by(event.fd);
    for (Int i = 0; i < count; ++i) {
        if (i % 16 == 0) std::this_thread::sleep_for(100us);  // the other side polls
        if (producer.push(i, 100s) != WaitResult::ready) return;
    }
    static_cast<void>(producer.flush(100s));
}

/// Receives all of them by poll.
Polled receive(const Fresh& fresh, const Event& event, Int& next) {
    shm::Consumer consumer(fresh.ring);
    const auto take = [&] {
        Int got = 0;
        if (!consumer.try_pop(got)) return false;
        next = got == next ? next + 1 : next;
        return true;
    };
    return poll_until_end(consumer, event, take, [&] { return consumer.wait(0s); });
}

/// Where two processes meet that have inherited nothing from one another.
shm::Descriptor socket_of_strangers() {
    return shm::Descriptor(
        shm::check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket", "strangers"));
}

/// Maps the object that has the ring's name, in this process alone.
void* map_by_name(const std::string& name, int flags) {
    const shm::Descriptor object(checked::shm_open(name, flags | O_RDWR, 0600));
    if (flags != 0) checked::ftruncate(object.get(), Fresh::size);
    return checked::mmap(nullptr, Fresh::size, PROT_READ | PROT_WRITE, MAP_SHARED, object.get(), 0);
}

/// The stranger that polls: makes ring and eventfd, hands the eventfd over, says each time that it
/// polls, and then waits for nothing else. Gives 0 if three messages woke it, and the news that
/// the producer has left.
int polling_stranger(const std::string& name) {
    const auto ring = shm::Ring<Int>::create(map_by_name(name, O_CREAT | O_EXCL), Fresh::size, 8);
    // A number that means nothing in the other process.
    const Event made;
    const shm::Descriptor event(shm::check(fcntl(made.fd, F_DUPFD_CLOEXEC, 100), "fcntl", ""));
    const shm::Descriptor door = socket_of_strangers();
    const Address address(name);
    shm::check(bind(door.get(), address.get(), address.length), "bind", name);
    shm::check(listen(door.get(), 1), "listen", name);
    shm::check(write(STDOUT_FILENO, "listens", 7), "write", "");
    const shm::Descriptor peer(
        shm::check(accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4", name));
    harness::hand_over(peer, event.get());
    shm::Consumer consumer(ring);
    for (Int i = 0;; ++i) {
        if (consumer.begin_poll() == 0) return 1;
        const std::string polls = "polls " + std::to_string(i);
        shm::check(write(STDOUT_FILENO, polls.data(), polls.size()), "write", "");
        pollfd fds[] = {{event.get(), POLLIN, 0}};
        shm::check(poll(fds, std::size(fds), -1), "poll", "");
        consumer.end_poll(event.get());
        Int got = 0;
        if (i == 3) return consumer.wait(0s) == WaitResult::closed ? 0 : 2;
        if (!consumer.try_pop(got) || got != i) return 3;
    }
}

/// The stranger that sends: takes the eventfd over, and sends a message for each byte of its input.
int sending_stranger(const std::string& name) {
    const shm::Descriptor peer = socket_of_strangers();
    const Address address(name);
    shm::check(connect(peer.get(), address.get(), address.length), "connect", name);
    const shm::Descriptor event = harness::take_over(peer);
    shm::Producer producer(shm::Ring<Int>::open(map_by_name(name, 0), Fresh::size));
    producer.wake_by(event.get());
    char byte = 0;
    for (Int i = 0; i < 3; ++i) {
        if (shm::check(read(STDIN_FILENO, &byte, 1), "read", "") != 1) return 1;
        if (!producer.try_push(i)) return 2;
    }
    return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 3;  // and leaves
}

/// Returns the child's pidfd.
int pidfd_of(pid_t child) {
    return static_cast<int>(syscall(SYS_pidfd_open, child, 0));
}

/// A child that is the producer, and does nothing more.
unit::Forked idle_producer(const Fresh& fresh, const Event& event) {
    return unit::Forked([&] {
        shm::Producer producer(fresh.ring);
        producer.wake_by(event.fd);
        if (!producer.try_push(1)) return 1;
        pause();
        return 0;
    });
}

/// From here on the kernel kills who makes any system call but those that tell the time, and end.
bool forbid_all() {
    sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {std::size(lines), lines};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace

TEST_CASE("a consumer that polls gets every message, from a thread and from a process") {
    const Event event;
    {
        const Fresh fresh;
        std::thread sender([&] { send(fresh, event, 1000); });
        Int got = 0;
        const Polled polled = receive(fresh, event, got);
        sender.join();
        CHECK(got == 1000);
        CHECK(polled.result == WaitResult::closed);
        CHECK(polled.overslept == 0);
    }
    const Fresh fresh;
    unit::Forked child([&] {
        send(fresh, event, 1000);
        return 0;
    });
    Int got = 0;
    const Polled polled = receive(fresh, event, got);
    CHECK(got == 1000);
    CHECK(polled.result == WaitResult::closed);
    CHECK(polled.overslept == 0);
    CHECK(child.wait().status == "0");
}

TEST_CASE("a poller is woken by a process that was handed its eventfd by a Unix socket") {
    const unit::FreshName name;
    unit::Forked polls([&] { return polling_stranger(name.value()); });
    polls.wait_for("listens");
    unit::Forked sends([&] { return sending_stranger(name.value()); });
    for (const std::string number : {"0", "1", "2", "3"}) {
        polls.wait_for("polls " + number);
        if (number == "3")
            sends.end_input();
        else
            sends.type("x");
    }
    const unit::Ended sent = sends.wait(), polled = polls.wait();
    INFO(sent.err << polled.err);
    CHECK(sent.status == "0");
    CHECK(polled.status == "0");
}

TEST_CASE("a producer that polls for room sends every message") {
    const Event event;
    const Fresh fresh;
    Int got = 0;
    std::thread receiver([&] {
        shm::Consumer consumer(fresh.ring);
        consumer.wake_by(event.fd);
        for (Int next = 0; got < 1000 && consumer.pop(next, 100s) == WaitResult::ready;) {
            if (next % 16 == 0) std::this_thread::sleep_for(100us);  // the other side polls
            if (next == got) ++got;
        }
    });
    shm::Producer producer(fresh.ring);
    Int next = 0;
    const Polled polled = poll_until_end(
        producer, event, [&] { return next < 1000 && producer.try_push(next) && (++next, true); },
        [&] {
            if (next < 1000) return WaitResult::ready;
            return producer.flush(100s) == WaitResult::ready ? WaitResult::closed
                                                             : WaitResult::timed_out;
        });
    receiver.join();
    CHECK(got == 1000);
    CHECK(polled.overslept == 0);
}

TEST_CASE("the ends of a ring of bytes are polled for as well") {
    const int fd = memfd_create("ring_poll_test", MFD_CLOEXEC);
    REQUIRE(ftruncate(fd, static_cast<off_t>(shm::ByteRing::bytes(1))) == 0);
    const shm::DoubleMapping mapping(fd, shm::ByteRing::header_bytes());
    const auto ring = shm::ByteRing::create(mapping);
    const Event message_event, room_event;
    shm::ByteProducer producer(ring);
    shm::ByteConsumer consumer(ring);
    producer.wake_by(message_event.fd);
    consumer.wake_by(room_event.fd);
    const std::vector<std::byte> most(ring.longest());
    const auto is_readable = [](const Event& event) {
        pollfd fds[] = {{event.fd, POLLIN, 0}};
        return poll(fds, 1, 0) == 1;
    };
    CHECK(producer.begin_poll(most.size()) == 0);
    REQUIRE(consumer.begin_poll() > 0);
    REQUIRE(producer.try_push(most));
    CHECK(is_readable(message_event));
    consumer.end_poll(message_event.fd);
    CHECK(consumer.begin_poll() == 0);
    REQUIRE(producer.begin_poll(1) > 0);
    std::vector<std::byte> got;
    REQUIRE(consumer.try_pop(got));
    CHECK(is_readable(room_event));
    producer.end_poll(room_event.fd);
    CHECK_FALSE(is_readable(room_event));
    close(fd);
}

TEST_CASE("a poller notices a killed producer by its pidfd, or else when the time is up") {
    if (!shm::has_robust_list()) {
        return testing::skip("no robust lists (an emulator): nobody is told of a dead producer");
    }
    for (const bool has_pidfd : {true, false}) {
        const Fresh fresh;
        const Event event;
        unit::Forked child = idle_producer(fresh, event);
        shm::Consumer consumer(fresh.ring);
        Int got = 0;
        REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
        const int pidfd = pidfd_of(child.pid());
        if (pidfd == -1) return testing::skip("no pidfd_open (an emulator)");
        REQUIRE(consumer.begin_poll() == 250);
        child.send(SIGKILL);
        pollfd fds[] = {{event.fd, POLLIN, 0}, {has_pidfd ? pidfd : -1, POLLIN, 0}};
        const int ready = poll(fds, std::size(fds), has_pidfd ? 100'000 : 250);
        CHECK(ready == (has_pidfd ? 1 : 0));
        CHECK((fds[0].revents & POLLIN) == 0);  // the dead write nothing
        consumer.end_poll(event.fd);
        CHECK(consumer.wait(0s) == WaitResult::peer_died);
        child.wait();
        close(pidfd);
    }
}

TEST_CASE("an eventfd whose write could wait is refused, and a full one is not waited for") {
    const Fresh fresh;
    shm::Producer producer(fresh.ring);
    const int waits = eventfd(0, EFD_CLOEXEC);
    CHECK_THROWS_AS(producer.wake_by(waits), shm::RingError);
    close(waits);
    CHECK_THROWS_AS(producer.wake_by(waits), shm::RingError);
    CHECK_NOTHROW(producer.wake_by(-1));
    const Event event;
    const std::uint64_t most = UINT64_MAX - 1;
    REQUIRE(write(event.fd, &most, sizeof(most)) == sizeof(most));
    producer.wake_by(event.fd);
    shm::Consumer consumer(fresh.ring);
    REQUIRE(consumer.begin_poll() > 0);
    alarm(30);  // ends a call that never does
    CHECK(producer.try_push(1));
    alarm(0);
}

TEST_CASE("ends that spin hand over every message, to each other and to one that sleeps") {
    for (const auto& [sends, receives] :
         {std::pair(Waits::spinning, Waits::spinning), std::pair(Waits::spinning, Waits::sleeping),
          std::pair(Waits::sleeping, Waits::spinning)}) {
        const Fresh fresh;
        std::thread sender([&, how = sends] {
            shm::Producer producer(fresh.ring, how);
            for (Int i = 0; i < 500; ++i)
                if (producer.push(i, 100s) != WaitResult::ready) return;
        });
        Int next = 0;
        WaitResult result = WaitResult::ready;
        {
            shm::Consumer consumer(fresh.ring, receives);
            for (Int got = 0; (result = consumer.pop(got, 100s)) == WaitResult::ready;)
                if (got == next) ++next;
        }
        sender.join();
        CHECK(next == 500);
        CHECK(result == WaitResult::closed);
    }
}

TEST_CASE("an end that spins makes no system call, however long it waits") {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    return testing::skip("a sanitizer makes calls of its own");
#endif
    const auto ended = unit::in_child([] {
        const Fresh fresh;
        shm::Producer producer(fresh.ring, Waits::spinning);
        shm::Consumer consumer(fresh.ring, Waits::spinning);
        if (!forbid_all()) return 7;
        Int got = 0;
        bool is_right = consumer.pop(got, 20ms) == WaitResult::timed_out;
        for (Int i = 0; i < 8; ++i) is_right &= producer.push(i, 1s) == WaitResult::ready;
        is_right &= producer.push(8, 20ms) == WaitResult::timed_out;
        is_right &= shm::wait_any(1s, consumer).result == WaitResult::ready;
        is_right &= consumer.pop(got, 1s) == WaitResult::ready;
        _exit(is_right ? 0 : 1);
    });
    if (ended.status == "7") return testing::skip("needs seccomp");
    CHECK(ended.status == "0");
}

TEST_CASE("an end that spins notices that its peer is killed") {
    if (!shm::has_robust_list()) {
        return testing::skip("no robust lists (an emulator): nobody is told of a dead producer");
    }
    const Fresh fresh;
    const Event event;
    unit::Forked child = idle_producer(fresh, event);
    shm::Consumer consumer(fresh.ring, Waits::spinning);
    Int got = 0;
    REQUIRE(consumer.pop(got, 100s) == WaitResult::ready);
    child.send(SIGKILL);
    CHECK(consumer.wait(100s) == WaitResult::peer_died);
}
