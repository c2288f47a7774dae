/// @file
/// What befalls POSIX objects: no /dev/shm, a name that is taken away, an object that is made
/// shorter, a signal in the middle of a call.

#include "common/kernel/checked.hpp"
#include "tests/faults/support.hpp"
#include "tests/harness/isolate.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

using namespace faults;

namespace {

void check_fails(const Finished& finished, const std::string& message) {
    INFO("ended with " << finished.end << ", said " << finished.out << finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, message));
}

/// Takes /dev/shm away from this mount namespace: an empty folder lies over /dev.
class NoFolder {
public:
    NoFolder() : error_(mount("none", "/dev", "tmpfs", 0, "size=64k") == 0 ? 0 : errno) {}
    NoFolder(const NoFolder&) = delete;
    NoFolder& operator=(const NoFolder&) = delete;
    ~NoFolder() {
        if (error_ == 0) umount2("/dev", MNT_DETACH);
    }
    std::string refused() const {
        return error_ == 0 ? "" : "cannot mount: " + std::generic_category().message(error_);
    }

private:
    int error_;
};

std::vector<Words> all_of(const Place& place) {
    return {place.writer(),        place.reader(),        place.attach(),   {SAME_PAGE},
            place.ring_producer(), place.ring_consumer(), place.ring_info()};
}

/// The words that run a program, and interrupt the first call of that name as a signal would.
Words interrupted(const std::string& call, const Words& words) {
    Words all = {"/usr/bin/env",
                 "strace",
                 "-D",
                 "-o",
                 "/dev/null",
                 "-e",
                 "trace=" + call,
                 "-e",
                 "inject=" + call + ":error=EINTR:when=1"};
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

}  // namespace

TEST_CASE("without /dev/shm every program says that there is none") {
    OWN_NAMESPACES_OR_SKIP();
    const Place place;
    const NoFolder gone;
    if (!gone.refused().empty()) return testing::skip(gone.refused());
    for (const Words& words : all_of(place)) {
        INFO(words[0]);
        check_fails(run(words), "there is no folder /dev/shm; make it: mkdir -p /dev/shm");
    }
}

TEST_CASE("on a full /dev/shm same_page says so, and does not die") {
    OWN_NAMESPACES_OR_SKIP();
    if (mount("small", "/dev/shm", "tmpfs", 0, "size=4k,mode=1777") == -1) {
        return testing::skip("cannot mount");
    }
    checked::posix_fallocate(checked::shm_open("/filler", O_CREAT | O_RDWR, 0600), 0, 4096);
    check_fails(run({SAME_PAGE}), "No space left on device; 4 bytes do not fit: /dev/shm");
    umount2("/dev/shm", MNT_DETACH);
}

TEST_CASE("a signal that asks for nothing does not end what it interrupts") {
    if (address_sanitizer) return testing::skip("its search for leaks does not work under strace");
    if (run(interrupted("fallocate", {"true"})).end != "0") return testing::skip("needs strace");
    const Place place;
    for (const Words& words :
         {place.writer(), place.attach(), place.ring_info(), Words{SAME_PAGE}}) {
        const Finished finished = run(interrupted("fallocate", words));
        INFO(words[0] << " ended with " << finished.end << ", said " << finished.err);
        CHECK(finished.end == "0");
        CHECK(place.left().empty());
    }
}

TEST_CASE("a ring whose name is gone is waited at by nobody: no peer can come") {
    for (const bool moved : {false, true}) {
        const Place place;
        Program producer(place.ring_producer({"--count", "5"}));
        producer.wait_for("begins with message 0");
        const std::string path = "/dev/shm" + place.name();
        REQUIRE((moved ? rename(path.c_str(), (path + "-moved").c_str()) : unlink(path.c_str())) ==
                0);
        check_fails(producer.finish(), place.name() + ": no consumer can come any more: the name");
        if (moved) unlink((path + "-moved").c_str());
    }
}

TEST_CASE("two that are attached go on, although their ring's name is gone") {
    const Place place;
    Program producer(place.ring_producer({"--count", "5"}));
    producer.wait_for("begins with message 0");
    Program consumer(place.ring_consumer({"--count", "10", "--timeout-ms", "60000"}));
    consumer.wait_for("begins with message 0");
    checked::shm_unlink(place.name());
    CHECK(producer.finish().end == "0");
    // The producer has left; and none can come.
    check_fails(consumer.finish(), place.name() + ": no producer can come any more");
}

TEST_CASE("who waits for a peer that is stopped, without a name, is not told to start another") {
    const Place place;
    Program consumer(place.ring_consumer());
    consumer.wait_for("begins with message 0");
    consumer.send(SIGSTOP);
    Program producer(place.ring_producer({"--timeout-ms", "1000"}));
    producer.wait_for("begins with message 0");
    checked::shm_unlink(place.name());
    const Finished finished = producer.finish();
    check_fails(finished, place.name() + ": no consumer can come any more");
    CHECK(has(finished.err, "end who is still attached, and start both again"));
}

TEST_CASE("a reader whose object loses its name does not wait for a writer that cannot come") {
    const Place place;
    const shm::Descriptor object(checked::shm_open(place.name(), O_CREAT | O_EXCL | O_RDWR, 0600));
    Program reader(after("export SHM_WAIT_NOTICE_MS=0", place.reader()));
    reader.wait_for("waiting up to 60 s");
    checked::shm_unlink(place.name());
    check_fails(reader.finish(), place.name() + ": was removed while this reader waited");
}

TEST_CASE("a peer that makes the object shorter ends both ends by SIGBUS, and each says why") {
    const Place place;
    Program producer(place.ring_producer());
    producer.wait_for("begins with message 0");
    Program consumer(place.ring_consumer());
    producer.wait_for("a consumer is there");
    REQUIRE(truncate(("/dev/shm" + place.name()).c_str(), 0) == 0);
    for (Program* program : {&producer, &consumer}) {
        const Finished finished = program->finish();
        INFO(finished.err);
        CHECK(finished.end == "SIGBUS");
        CHECK(has(finished.err, ": " + place.name() +
                                    ": the memory under this process is gone (SIGBUS): another "
                                    "process made the object shorter"));
    }
}

TEST_CASE("a SIGBUS that was sent ends the process without a word of memory") {
    const Place place;
    Program writer(place.writer());
    writer.wait_for("Press Enter");
    writer.send(SIGBUS);
    const Finished finished = writer.finish();
    CHECK(finished.end == "SIGBUS");
    CHECK_FALSE(has(finished.err, "memory under this process"));
}
