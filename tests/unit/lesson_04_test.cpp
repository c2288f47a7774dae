/// @file
/// Lesson 04: how many are attached, whichever entries they hold; what its objects begin with.

#include "lessons/04-large-mmap/count.hpp"
#include "lessons/04-large-mmap/segment.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/object_locks.hpp"
#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <unistd.h>

using shm::Descriptor;
using unit::FreshName;
using unit::has;
using unit::message_of;

namespace {

Descriptor open_object(const FreshName& name, int flags = 0) {
    return Descriptor(checked::shm_open(name.value(), O_RDWR | flags, 0600));
}

void hold(const Descriptor& object, unsigned entry, off_t count = 1) {
    struct ::flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_start = shm::first_entry + entry;
    lock.l_len = count;
    checked::fcntl(object.get(), F_OFD_SETLK, &lock);
}

}  // namespace

TEST_CASE("all who are attached are counted, whichever entries they hold, and in which order") {
    const FreshName name;
    const Descriptor own = open_object(name, O_CREAT);
    CHECK(count_attached(own.get()) == 1);
    // Each by an open file description of its own, as another process would hold it.
    const Descriptor a = open_object(name), b = open_object(name), c = open_object(name);
    hold(a, 700);
    hold(b, 3);
    hold(c, shm::entry_count - 1);
    hold(a, 0);
    hold(b, 4);  // beside its 3: the kernel makes one lock of both
    hold(c, 699);
    CHECK(count_attached(own.get()) == 7);
    CHECK(shm::release_entry(b.get(), 3));
    CHECK(count_attached(own.get()) == 6);
    CHECK(count_attached(a.get()) == 4);  // a process's own are in nobody's way: it counts as one
}

TEST_CASE("a lock without an end counts to the last entry, and none beyond") {
    const FreshName name;
    const Descriptor own = open_object(name, O_CREAT), other = open_object(name);
    hold(other, shm::entry_count - 2, 0);
    CHECK(count_attached(own.get()) == 3);
}

TEST_CASE("an object of another layout is refused with both") {
    const FreshName name;
    const auto message_for = [&](const shm::Layout& layout) {
        const Descriptor fd = open_object(name, O_CREAT | O_TRUNC);
        Segment other = {};
        shm::prepare(other.header, layout);
        shm::publish(other.header, layout);
        REQUIRE(pwrite(fd.get(), &other, sizeof(other), 0) == sizeof(other));
        return message_of<shm::Failure>([&] { require_segment(fd.get(), name.value()); });
    };
    CHECK(has(message_for({segment_layout.magic, 7, 64}),
              "layout 7 of 64 bytes, but this program knows layout 1 of 120 bytes"));
    CHECK(has(message_for({0x1234, 1, 120}), "it begins 0x0000000000001234, ours with 0x4c41"));
}

TEST_CASE("an object without a whole beginning is refused, and one with it is not") {
    const FreshName name;
    const Descriptor fd = open_object(name, O_CREAT);
    const auto refused = [&] {
        return message_of<shm::Failure>([&] { require_segment(fd.get(), name.value()); });
    };
    CHECK(has(refused(), "is 0 bytes long, ours has at least 120"));
    checked::ftruncate(fd.get(), 4096);
    CHECK(has(refused(), "holds another program's data (it begins 0x0000000000000000"));
    write_segment(fd.get(), name.value());
    require_segment(fd.get(), name.value());
}
