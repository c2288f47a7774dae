/// @file
/// Orders of two steps: what a peer finds between them, at whichever instruction it looks.

#include "lessons/01-posix-create/greeting.hpp"
#include "lessons/02-sysv-producer-consumer/slot.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "tests/faults/traced.hpp"

#include <fmt/core.h>
#include <shm/ring/ring.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string>

using namespace faults;

namespace {

constexpr int page = 4096;

/// The words that a creator's publication changes first: what it holds is whole from then on.
using Magic = std::atomic<std::uint64_t>;

/// An object's first page, mapped here.
class Page {
public:
    explicit Page(int fd)
        : memory_(checked::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) {}
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    ~Page() { munmap(memory_, page); }
    template <typename T>
    T& as() const {
        return *static_cast<T*>(memory_);
    }

private:
    void* memory_;
};

bool locks(const Call& call, int how) {
    return call.number == SYS_fcntl && call.arguments[1] == static_cast<std::uint64_t>(how) &&
           !call.has_ended;
}

/// What a writer has as long as it lives.
void lock_as_writer(int fd) {
    struct ::flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_len = 2;
    shm::check(fcntl(fd, F_OFD_SETLK, &lock), "fcntl", "F_OFD_SETLK");
}

/// An object as a writer makes it, before it has written anything.
shm::Descriptor create_object(const std::string& name) {
    shm::Descriptor fd(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    lock_as_writer(fd.get());
    checked::ftruncate(fd.get(), page);
    return fd;
}

/// A whole greeting, as a real writer leaves it.
std::string greeting_of_a_writer() {
    const Place place;
    Program writer(place.writer());
    writer.wait_for("Press Enter");
    const shm::Descriptor fd(checked::shm_open(place.name(), O_RDONLY, 0));
    std::string bytes(page, '\0');
    REQUIRE(pread(fd.get(), bytes.data(), page, 0) == page);
    return bytes;
}

ino_t inode_under(const std::string& name) {
    struct stat facts = {};
    return stat(("/dev/shm" + name).c_str(), &facts) == 0 ? facts.st_ino : 0;
}

}  // namespace

TEST_CASE("a greeting is whole at the first instruction after which it is published") {
    const Place place;
    Traced writer(place.writer());
    if (!writer.refused().empty()) return testing::skip(writer.refused());
    writer.go_on_to([](const Call& call) {
        return call.number == SYS_mmap && (call.arguments[3] & MAP_SHARED) != 0 &&
               static_cast<int>(call.arguments[4]) >= 0 && call.has_ended;
    });
    const shm::Descriptor fd(checked::shm_open(place.name(), O_RDWR, 0));
    const Page memory(fd.get());
    REQUIRE(memory.as<Magic>() == 0);
    while (memory.as<Magic>() == 0) writer.step();
    CHECK(std::string(memory.as<Greeting>().text) == "Hello from shared memory!");
}

TEST_CASE("a message is whole at the first instruction after which the slot is full") {
    const Place place;
    Traced producer(place.producer());
    if (!producer.refused().empty()) return testing::skip(producer.refused());
    producer.go_on_to([](const Call& call) { return call.number == SYS_shmat && call.has_ended; });
    const shm::Attachment memory(checked::shmget(place.key(), 0, 0600));
    const Slot& slot = *static_cast<Slot*>(memory.address());
    REQUIRE(slot.state == slot_empty);
    while (slot.state != slot_full) producer.step();
    CHECK(slot.counter == 1);
    CHECK(std::string(slot.text) == "Message number 1 from producer");
}

TEST_CASE("a slot stays full until the consumer has said what was in it") {
    const Place place;
    Program producer(place.producer({"--messages", "2"}));
    producer.wait_for("Sent message 1");
    const shm::Attachment memory(checked::shmget(place.key(), 0, 0600));
    const Slot& slot = *static_cast<Slot*>(memory.address());
    Traced consumer(place.consumer({"--messages", "2"}));
    if (!consumer.refused().empty()) return testing::skip(consumer.refused());
    for (const std::uint32_t number : {1U, 2U}) {
        const std::string said = fmt::format("Consumer: Received - Counter: {}, ", number);
        consumer.go_on_to([&](const Call& call) {
            return call.number == SYS_write && !call.has_ended &&
                   consumer.text_at(call.arguments[1], said.size()) == said;
        });
        CHECK(slot.state == slot_full);
        CHECK(slot.counter == number);
    }
    const std::string end = consumer.finish().end;
    // The sanitizer's search for leaks does not work in a program that is traced.
    if (!address_sanitizer) CHECK(end == "0");
}

TEST_CASE("a reader asks whether the writer lives before it looks at the greeting") {
    const Place place;
    const std::string greeting = greeting_of_a_writer();
    shm::Descriptor writer = create_object(place.name());
    Traced reader(place.reader({"--timeout-ms", "0"}));
    if (!reader.refused().empty()) return testing::skip(reader.refused());
    for (int asked = 0; asked < 2; ++asked) {  // for its size, and for its greeting
        reader.go_on_to([](const Call& call) { return locks(call, F_OFD_GETLK); });
    }
    REQUIRE(pwrite(writer.get(), greeting.data(), page, 0) == page);
    writer.reset();  // it has done all, and ends
    const Finished finished = reader.finish();
    INFO(finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, "its writer is gone, so this greeting is old"));
}

TEST_CASE("a newcomer that was slower leaves the name of the next one alone") {
    const Place place;
    const std::string greeting = greeting_of_a_writer();
    {
        const shm::Descriptor dead = create_object(place.name());
        REQUIRE(pwrite(dead.get(), greeting.data(), page, 0) == page);
    }
    Traced slower(place.writer());
    if (!slower.refused().empty()) return testing::skip(slower.refused());
    slower.go_on_to([](const Call& call) { return locks(call, F_OFD_SETLK); });
    // It has opened what the dead left. Now another newcomer frees the name, and takes it.
    checked::shm_unlink(place.name());
    const shm::Descriptor faster = create_object(place.name());
    REQUIRE(pwrite(faster.get(), greeting.data(), page, 0) == page);
    const ino_t inode = inode_under(place.name());
    const Finished finished = slower.finish();
    INFO(finished.err);
    CHECK(finished.end == "1");
    CHECK(inode_under(place.name()) == inode);
}

TEST_CASE("a process killed inside gives its one semaphore back") {
    const Place place;
    Program holder(place.one_semaphore());
    holder.wait_for("Press Enter");
    const int semid = checked::semget(place.key(), 1, 0600);
    CHECK(checked::semctl(semid, 0, GETVAL) == 0);
    holder.send(SIGKILL);
    CHECK(holder.finish().end == "SIGKILL");
    CHECK(checked::semctl(semid, 0, GETVAL) == 1);
}

TEST_CASE("a message in the ring that has another number than its own is an error") {
    const Place place;
    Program producer(place.ring_producer({"--count", "5"}));
    producer.wait_for("begins with message 0");
    const shm::Descriptor fd(checked::shm_open(place.name(), O_RDWR, 0));
    const Page memory(fd.get());
    struct RingSlot {  // beside each message its sequence number
        std::atomic<std::uint32_t> sequence_number;
        std::atomic<std::uint32_t> message;
    };
    auto& first = *reinterpret_cast<RingSlot*>(&memory.as<shm::ring::Header>() + 1);
    while (first.sequence_number != 1) usleep(1000);
    first.message = 4711;
    const Finished finished = run(place.ring_consumer());
    INFO(finished.out);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, "message 0 says that it is 4711"));
}
