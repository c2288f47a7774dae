/// @file
/// A peer that is stopped (Ctrl-Z) is alive and does nothing: the other side has its timeout. One
/// that is slow does something now and then: the other side waits, and can still be ended.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/descriptor.hpp"
#include "common/ring/ring.hpp"
#include "tests/faults/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

using namespace faults;
using namespace std::chrono_literals;

namespace {

void check_fails(const Finished& finished, const std::string& message) {
    INFO("ended with " << finished.end << ", said " << finished.out << finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, message));
}

/// Stops the program; returns once it has stopped.
void stop(const Program& program) {
    program.send(SIGSTOP);
    shm::check(waitpid(program.pid(), nullptr, WUNTRACED), "waitpid", "a stopped program");
}

using Number = std::uint32_t;

/// The other side of the ring of lesson 05's programs: a thread that sends or takes one message
/// each 20 ms.
template <typename End>
class SlowSide {
public:
    explicit SlowSide(const Place& place) : fd_(checked::shm_open(place.name(), O_RDWR, 0)) {
        thread_ = std::thread([this] {
            End end(shm::Ring<Number>::open(memory_, size_));
            while (!is_done_) {
                Number number = next_;
                if constexpr (std::is_same_v<End, shm::Producer<Number>>)
                    next_ += end.try_push(number) ? 1 : 0;
                else
                    static_cast<void>(end.try_pop(number));
                std::this_thread::sleep_for(20ms);
            }
        });
    }
    SlowSide(const SlowSide&) = delete;
    ~SlowSide() {
        is_done_ = true;
        thread_.join();
        checked::munmap(memory_, size_);
    }

    /// Waits until so many messages were sent.
    void wait_for(Number count) const {
        while (next_ < count) std::this_thread::sleep_for(1ms);
    }

private:
    shm::Descriptor fd_;
    std::size_t size_ = static_cast<std::size_t>(checked::fstat(fd_.get()).st_size);
    void* memory_ = checked::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    std::atomic<Number> next_ = 0;
    std::atomic<bool> is_done_ = false;
    std::thread thread_;
};

}  // namespace

TEST_CASE("Ctrl-C ends a side of the ring whose peer is slow") {
    const Place place;
    for (const std::string how : {"block", "spin"}) {
        Program producer(place.ring_producer({"--count", "1000000000000", "--wait", how}));
        producer.wait_for("begins");
        {
            const SlowSide<shm::Consumer<Number>> slow(place);
            producer.wait_for("a consumer is there");
            producer.send(SIGINT);
            CHECK(producer.finish(20s).end == "SIGINT");
        }
        Program consumer(place.ring_consumer({"--wait", how}));
        consumer.wait_for("begins");
        {
            const SlowSide<shm::Producer<Number>> slow(place);
            slow.wait_for(3);
            consumer.send(SIGINT);
            CHECK(consumer.finish(20s).end == "SIGINT");
        }
        CHECK(place.left().empty());
    }
}

TEST_CASE("a stopped producer runs a consumer into its timeout") {
    const Place place;
    Program producer(place.producer({"--interval-ms", "60000"}));
    producer.wait_for("Sent message 1");
    stop(producer);
    Program consumer(place.consumer({"--timeout-ms", "100"}));
    check_fails(consumer.finish(), "nothing came in time before message 2 of 5");
    producer.send(SIGCONT);
    producer.send(SIGTERM);
    CHECK(producer.finish().end == "SIGTERM");
    CHECK(place.left().empty());
}

TEST_CASE("a stopped consumer runs a producer into its timeout") {
    const Place place;
    Program consumer(place.consumer({"--timeout-ms", "100000"}));  // there before the time runs
    Program producer(place.producer({"--timeout-ms", "5000", "--interval-ms", "100"}));
    consumer.wait_for("Connected");
    stop(consumer);
    const Finished finished = producer.finish();
    INFO(finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, "no consumer took message"));
    CHECK(place.left().empty());  // the segment goes with the last who detaches
    consumer.send(SIGCONT);
    const std::string end = consumer.finish().end;
    CHECK((end == "0" || end == "1"));
}

TEST_CASE("a stopped holder runs the other workers into their timeout, and goes on afterwards") {
    const Place place;
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        Program holder(place.worker({"--lock", lock, "--pause"}));
        holder.wait_for("until you press Enter");
        stop(holder);
        Program waiter(place.worker({"--lock", lock, "--timeout-ms", "100"}));
        check_fails(waiter.finish(), "the critical section was not free within 100 ms");
        holder.send(SIGCONT);
        holder.type("\n");
        CHECK(holder.finish().end == "0");
        CHECK(place.left().empty());
    }
}

TEST_CASE("a process that is stopped while it waits for one semaphore waits on afterwards") {
    const Place place;
    Program holder(place.one_semaphore());
    holder.wait_for("Press Enter");
    Program waiter(place.one_semaphore());
    const int semid = checked::semget(place.key(), 1, 0600);
    while (checked::semctl(semid, 0, GETNCNT) == 0) {
        usleep(1000);
    }
    stop(waiter);  // the kernel ends its semop by EINTR
    waiter.send(SIGCONT);
    holder.type("\n");
    CHECK(holder.finish().end == "0");
    waiter.end_input();
    const Finished finished = waiter.finish();
    INFO(finished.err);
    CHECK(finished.end == "0");
    CHECK(has(finished.out, "Updated count to 2\n"));
}

TEST_CASE("a worker that is stopped as it arrives runs newcomers into their timeout") {
    const Place place;
    Program first(place.worker({"--pause"}));
    first.wait_for("until you press Enter");
    const int semid = checked::semget(place.key(), 0, 0600);
    sembuf wait = {0, -1, SEM_UNDO};
    checked::semop(semid, &wait, 1);
    check_fails(run(place.worker({"--timeout-ms", "100"})),
                "a process has held the entry semaphore");
    sembuf post = {0, +1, SEM_UNDO};
    checked::semop(semid, &post, 1);
    first.type("\n");
    CHECK(first.finish().end == "0");
    CHECK(place.left().empty());
}

TEST_CASE("a writer that is alive and never finishes runs a reader into its timeout") {
    const Place place;
    const shm::Descriptor fd(checked::shm_open(place.name(), O_CREAT | O_EXCL | O_RDWR, 0600));
    struct ::flock lock = {};  // what a writer has as long as it lives
    lock.l_type = F_WRLCK;
    lock.l_len = 2;
    shm::check(fcntl(fd.get(), F_OFD_SETLK, &lock), "fcntl", "F_OFD_SETLK");
    const Finished empty = run(place.reader({"--timeout-ms", "50"}));
    check_fails(empty, "its writer lives");
    CHECK_FALSE(has(empty.err, "died"));
    checked::ftruncate(fd.get(), 4096);
    const Finished unpublished = run(place.reader({"--timeout-ms", "50"}));
    check_fails(unpublished, "its writer lives");
    CHECK_FALSE(has(unpublished.err, "died"));
}
