/// @file
/// A peer that writes nonsense into what is shared: an error or a refusal, in time, and never a
/// read or a write out of bounds.

#include "lessons/01-posix-create/greeting.hpp"
#include "lessons/02-sysv-producer-consumer/slot.hpp"
#include "lessons/03-semaphore-critical-section/table.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/cleanup.hpp"
#include "tests/faults/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <thread>

using namespace faults;
using namespace std::chrono_literals;
using shm::Attachment;

namespace {

constexpr std::uint32_t four_billion = 4'000'000'000;

void check_fails(const Finished& finished, const std::string& message) {
    INFO("ended with " << finished.end << ", said " << finished.out << finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, message));
}

/// What lies in a program's segment, for a peer that may write all of it.
template <typename T>
class Segment {
public:
    explicit Segment(const Place& place, int flags = 0)
        : shmid_(checked::shmget(place.key(), sizeof(T), flags | 0600)), memory_(shmid_) {}
    T* operator->() const { return static_cast<T*>(memory_.address()); }
    T& operator*() const { return *static_cast<T*>(memory_.address()); }

private:
    int shmid_;
    Attachment memory_;
};

/// A producer that is ours: everything as the real one has it, one message in the slot.
struct FalseProducer : Segment<Slot> {
    explicit FalseProducer(const Place& place) : Segment(place, IPC_CREAT | IPC_EXCL) {
        Slot& slot = **this;
        shm::prepare(slot.header, slot_layout);
        slot.messages = 5;
        slot.counter = 1;
        std::strcpy(slot.text, "fine");
        slot.state = slot_full;
        shm::publish(slot.header, slot_layout);
    }
};

/// The writer's object, for a peer that may write all of it.
class Object {
public:
    explicit Object(const Place& place)
        : fd_(checked::shm_open(place.name(), O_RDWR, 0)),
          memory_(checked::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0)) {}
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    ~Object() { munmap(memory_, 4096); }
    Greeting* operator->() const { return static_cast<Greeting*>(memory_); }
    void* address() const { return memory_; }

private:
    shm::Descriptor fd_;
    void* memory_;
};

}  // namespace

TEST_CASE("a greeting without an end is read to the end of its field and no further") {
    const Place place;
    Program writer(place.writer());
    writer.wait_for("Press Enter");
    const Object object(place);
    std::memset(object->text, 'x', 4096 - offsetof(Greeting, text));
    CHECK(run(place.reader()).out ==
          "Data read from shared memory: " + std::string(112, 'x') + "\n");
}

TEST_CASE("a greeting's header that is changed after it was published is refused") {
    const Place place;
    Program writer(place.writer());
    writer.wait_for("Press Enter");
    const Object object(place);
    object->header.size = four_billion;
    check_fails(run(place.reader()), "of 4000000000 bytes, but this program knows");
    object->header.size = sizeof(Greeting);
    object->header.version = 0xffff;
    check_fails(run(place.reader()), "layout 65535");
    object->header.magic = 0xffffffffffffffff;
    check_fails(run(place.reader()), "holds another program's data");
    object->header.magic = 0;
    check_fails(run(place.reader({"--timeout-ms", "50"})), "did not finish the greeting in time");
    writer.end_input();
    CHECK(writer.finish().end == "0");
    CHECK(place.left().empty());
}

TEST_CASE("a writer says what it wrote, not what a peer made of it") {
    const Place place;
    for (int round = 0; round < 20; ++round) {
        std::atomic<bool> stop{false};
        // Maps the object as soon as there is one, and fills all of it.
        std::thread peer([&] {
            while (!stop) {
                const shm::Descriptor fd(shm_open(place.name().c_str(), O_RDWR, 0));
                if (!fd.is_open()) continue;
                while (!stop && lseek(fd.get(), 0, SEEK_END) == 0) {
                }
                void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
                if (memory == MAP_FAILED) continue;
                auto* text = static_cast<volatile char*>(memory);
                while (!stop) {
                    for (int i = 16; i < 4096; ++i) text[i] = 'x';
                }
                munmap(memory, 4096);
            }
        });
        const shm::Cleanup join([&] {
            stop = true;
            peer.join();
        });
        const Finished writer = run(place.writer());
        INFO(writer.end << writer.err);
        CHECK(has(writer.out, "Data written to shared memory: Hello from shared memory!\n"));
    }
}

TEST_CASE("a message without an end is read to the end of its field and no further") {
    const Place place;
    const FalseProducer producer(place);
    std::memset(producer->text, 'x', 4096 - offsetof(Slot, text));  // to the end of its page
    const Finished consumer = run(place.consumer({"--timeout-ms", "50"}));
    CHECK(has(consumer.out, "Message: " + std::string(256, 'x') + "\n"));
    check_fails(consumer, "nothing came in time");
}

TEST_CASE("a message with another number than the next is an error") {
    for (const std::uint32_t number : {0U, 2U, four_billion}) {
        const Place place;
        const FalseProducer producer(place);
        producer->counter = number;
        check_fails(run(place.consumer()), "the producer does not keep to the protocol");
        CHECK(place.left().empty());
    }
}

TEST_CASE("a slot whose state is nonsense is nobody's turn, and the wait ends") {
    const Place place;
    const FalseProducer producer(place);
    producer->state = four_billion;
    check_fails(run(place.consumer({"--timeout-ms", "50"})), "nothing came in time");

    const Place other;
    Program real(other.producer({"--timeout-ms", "5000", "--interval-ms", "100"}));
    real.wait_for("Sent message 1");
    const Segment<Slot> slot(other);
    slot->consumers = four_billion;
    slot->state = 77;
    check_fails(real.finish(), "no consumer took message 1");
    CHECK(other.left().empty());
}

TEST_CASE("a state that never stands still ends no process and keeps none for ever") {
    const Place place;
    std::atomic<bool> stop{false};
    Program producer(place.producer({"--timeout-ms", "5000", "--messages", "50"}));
    producer.wait_for("Sent message 1");
    const Segment<Slot> slot(place);
    std::thread peer([&] {
        for (std::uint32_t i = 0; !stop; ++i) {
            slot->state = i % 3;
            slot->consumers = i;
            slot->counter = i;
            std::memset(slot->text, static_cast<int>('a' + i % 26), sizeof(slot->text));
        }
    });
    const shm::Cleanup join([&] {
        stop = true;
        peer.join();
    });
    const Finished consumer = run(place.consumer({"--timeout-ms", "300", "--messages", "50"}));
    const Finished finished = producer.finish();
    INFO(consumer.end << consumer.err << finished.end << finished.err);
    CHECK(consumer.end == "1");
    CHECK((finished.end == "0" || finished.end == "1"));
    CHECK(place.left().empty());
}

TEST_CASE("a number of messages that is nonsense is refused") {
    const Place place;
    const FalseProducer producer(place);
    producer->messages = four_billion;
    check_fails(run(place.consumer()), "the producer sends 4000000000 messages");
}

TEST_CASE("a slot's header that is changed after it was published is refused") {
    const Place place;
    const FalseProducer producer(place);
    producer->header.size = 1;
    check_fails(run(place.consumer()), "layout 2 of 1 byte");
    check_fails(run(place.producer()), "has 1 attachment; process");
    producer->header.size = sizeof(Slot);
    producer->header.abi = 0x432;  // 32 bits
    check_fails(run(place.consumer()), "made by a program with pointers of 4 bytes");
    producer->header.magic = 77;
    check_fails(run(place.consumer()), "holds another program's data");
}

TEST_CASE("a table that counts four billion is full, with every lock") {
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        const Place place;
        Program first(place.worker({"--lock", lock, "--pause"}));
        first.wait_for("until you press Enter");
        {
            const Segment<Table> table(place);
            table->count = four_billion;
        }
        Program second(place.worker({"--lock", lock}));
        second.wait_for("waiting");
        first.type("\n");
        CHECK(first.finish().end == "0");
        check_fails(second.finish(), "the table is full: 4000000000 of 100");
        CHECK(place.left().empty());
    }
}

TEST_CASE("a table half changed, with nonsense in it, is mended within its bounds") {
    const Place place;
    Program first(place.worker({"--pause"}));
    first.wait_for("until you press Enter");
    {
        const Segment<Table> table(place);
        table->changing = 77;
        table->count = four_billion;
        table->holder = -1;
        std::memset(table->pids, 0xff, sizeof(table->pids));
    }
    Program second(place.worker());
    second.wait_for("waiting");
    first.type("\n");
    CHECK(first.finish().end == "0");
    const Finished finished = second.finish();
    CHECK(has(finished.err, "the table is whole again"));
    check_fails(finished, "the table is full: 100 of 100");
    CHECK(place.left().empty());
}

TEST_CASE("a lock that is nonsense, or a header, is refused, and the others go on") {
    const Place place;
    Program first(place.worker({"--pause"}));
    first.wait_for("until you press Enter");
    const auto table = std::make_unique<Segment<Table>>(place);
    (*table)->lock = four_billion;
    check_fails(run(place.worker()), "use another --lock");
    (*table)->lock = 1;
    (*table)->header.version = 9;
    check_fails(run(place.worker()), "layout 9");
    (*table)->header.version = table_layout.version;
    (*table)->header.abi = 0x854 + 1;
    check_fails(run(place.worker()), "semaphores of 40, but this one has pointers of");
    (*table)->header.abi = shm::layout_abi;
    (*table)->header.magic = 0;
    check_fails(run(place.worker()), "is not the one of these workers");
    (*table)->header.magic = 77;
    check_fails(run(place.worker()), "holds another program's data");
    first.type("\n");
    CHECK(first.finish().end == "0");
    CHECK(place.left().empty());
}

TEST_CASE("a count that changes between two looks takes nobody out of the table") {
    const Place place;
    Program first(place.worker({"--pause"}));
    first.wait_for("until you press Enter");
    const Segment<Table> table(place);
    std::atomic<bool> stop{false};
    std::thread peer([&] {
        // volatile: both stores are to be made, over and over.
        volatile std::uint32_t& count = table->count;
        while (!stop) {
            count = 1;
            table->changing = 1;
            count = four_billion;
            table->changing = 0;
        }
    });
    const shm::Cleanup join([&] {
        stop = true;
        peer.join();
    });
    first.type("\n");
    CHECK(first.finish().end == "0");
    for (int round = 0; round < 60; ++round) {
        const Finished finished = run(place.worker({"--hold-ms", "0"}));
        INFO(finished.err);
        REQUIRE((finished.end == "0" || finished.end == "1"));
    }
}
