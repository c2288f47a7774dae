/// @file
/// Lesson 04: who is counted as present, in whichever order they came; coming and leaving.

#include "lessons/04-large-mmap/gate.hpp"
#include "lessons/04-large-mmap/presence.hpp"
#include "lessons/04-large-mmap/segment.hpp"
#include "lessons/04-large-mmap/slots.hpp"

#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

using namespace std::chrono_literals;
using shm::Deadline;
using shm::Descriptor;
using unit::FreshName;
using unit::has;
using unit::message_of;

namespace {

Deadline soon() {
    return Deadline::after(100s);
}

Descriptor open_object(const FreshName& name, int flags = 0) {
    return Descriptor(
        shm::check(shm_open(name.value().c_str(), O_RDWR | flags, 0600), "shm_open", "it"));
}

std::vector<unsigned> slots_of(int fd) {
    const std::vector<bool> held = held_slots(fd, "an object");
    std::vector<unsigned> all;
    for (unsigned slot = 0; slot < held.size(); ++slot) {
        if (held[slot]) all.push_back(slot);
    }
    return all;
}

}  // namespace

TEST_CASE("held slots are found in whichever order they were taken") {
    const FreshName name;
    const Descriptor look = open_object(name, O_CREAT);
    CHECK(slots_of(look.get()).empty());
    CHECK_FALSE(any_slot_is_held(look.get(), "an object"));
    // Each by an open file description of its own, as another process would hold it.
    const Descriptor a = open_object(name), b = open_object(name), c = open_object(name);
    const std::pair<const Descriptor*, unsigned> holders[] = {
        {&a, 700}, {&b, 3}, {&c, slot_count - 1}, {&a, 0}, {&b, 4}, {&c, 699}};
    for (const auto& [fd, slot] : holders) hold_slot(fd->get(), slot, "an object");
    CHECK(slots_of(look.get()) == std::vector<unsigned>{0, 3, 4, 699, 700, slot_count - 1});
    give_back_slot(b.get(), 3);
    CHECK(slots_of(look.get()) == std::vector<unsigned>{0, 4, 699, 700, slot_count - 1});
    CHECK(any_slot_is_held(look.get(), "an object"));
    // One's own are in nobody's way.
    CHECK(slots_of(a.get()) == std::vector<unsigned>{4, 699, slot_count - 1});
}

TEST_CASE("all slots can be held, and the next one is told") {
    const FreshName name;
    Presence first(name.value(), soon());
    first.open_gate();
    {
        const Descriptor all = open_object(name);
        for (unsigned slot = 1; slot < slot_count; ++slot) hold_slot(all.get(), slot, "it");
        CHECK(has(message_of<shm::Failure>([&] { Presence one_more(name.value(), soon()); }),
                  "all 1024 slots are held"));
    }
    Presence second(name.value(), soon());  // and now they are not
    CHECK(second.number() == 2);
}

TEST_CASE("those who come are counted, and the last one removes the name") {
    const FreshName name;
    Presence first(name.value(), soon());
    CHECK(first.is_first());
    first.open_gate();
    Presence second(name.value(), soon());
    CHECK(second.number() == 2);
    second.open_gate();
    CHECK_FALSE(first.leave());
    CHECK(name.exists());
    Presence third(name.value(), soon());
    CHECK(third.number() == 2);
    third.open_gate();
    CHECK_FALSE(second.leave());
    CHECK(third.leave());
    CHECK_FALSE(third.leave());
    CHECK_FALSE(name.exists());
}

TEST_CASE("a first one that fails behind the gate removes the name") {
    const FreshName name;
    try {
        const Presence first(name.value(), soon());
        throw std::runtime_error("no room");
    } catch (const std::runtime_error&) {
    }
    CHECK_FALSE(name.exists());
}

TEST_CASE("a mapping that stays keeps nobody present") {
    const FreshName name;
    Presence first(name.value(), soon());
    void* memory = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, first.fd(), 0);
    REQUIRE(memory != MAP_FAILED);
    first.open_gate();
    Presence second(name.value(), soon());
    second.open_gate();
    CHECK_FALSE(first.leave());
    CHECK(second.leave());
    munmap(memory, 4096);
}

TEST_CASE("whoever waits at the gate while the last one leaves begins again") {
    const FreshName name;
    Presence first(name.value(), soon());  // behind the gate
    unit::Forked newcomer([&] {
        Presence second(name.value(), soon());
        shm::say("{}", second.number());
        second.open_gate();
        return second.leave() ? 0 : 1;
    });
    while (true) {  // until it has opened the object: two have it open then
        unsigned open = 0;
        const std::string fds = "/proc/" + std::to_string(newcomer.pid()) + "/fd/";
        for (int fd = 3; fd < 64; ++fd) {
            struct stat ours = {}, theirs = {};
            if (stat((fds + std::to_string(fd)).c_str(), &theirs) == -1) continue;
            REQUIRE(fstat(first.fd(), &ours) == 0);
            if (ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev && fd != first.fd()) {
                ++open;
            }
        }
        if (open > 0) break;
        usleep(1000);
    }
    // The child has our descriptor as well, so close() would not do: leave() gives the locks back.
    CHECK(first.leave());
    const unit::Ended ended = newcomer.wait();
    CHECK(ended.out == "1\n");
    CHECK(ended.status == "0");
    CHECK_FALSE(name.exists());
}

TEST_CASE("who has lost the name to another object does not remove that one") {
    const FreshName name;
    const FreshName elsewhere;
    Presence first(name.value(), soon());
    first.open_gate();
    REQUIRE(rename(("/dev/shm" + name.value()).c_str(), ("/dev/shm" + elsewhere.value()).c_str()) ==
            0);
    Presence other(name.value(), soon());
    CHECK(other.is_first());
    other.open_gate();
    CHECK(first.leave());
    CHECK(name.exists());
    CHECK(other.leave());
    CHECK_FALSE(name.exists());
}

TEST_CASE("an object of another layout is refused with both, and not touched") {
    const FreshName name;
    const auto message_for = [&](const shm::Layout& layout) {
        const Descriptor fd = open_object(name, O_CREAT | O_TRUNC);
        Segment other = {};
        shm::prepare(other.header, layout);
        shm::publish(other.header, layout);
        REQUIRE(pwrite(fd.get(), &other, sizeof(other), 0) == sizeof(other));
        return message_of<shm::Failure>([&] { Presence one(name.value(), soon()); });
    };
    CHECK(has(message_for({segment_layout.magic, 7, 64}),
              "layout 7 of 64 bytes, but this program knows layout 1 of 120 bytes"));
    CHECK(has(message_for({0x1234, 1, 120}), "it begins 0x0000000000001234, ours with 0x4c41"));
    const Descriptor fd = open_object(name);
    struct stat object = {};
    REQUIRE(fstat(fd.get(), &object) == 0);
    CHECK(object.st_size == sizeof(Segment));
}

TEST_CASE("a symbolic link under the name is not followed") {
    const FreshName name;
    const FreshName target;
    const Descriptor fd = open_object(target, O_CREAT);
    REQUIRE(symlink(("/dev/shm" + target.value()).c_str(), ("/dev/shm" + name.value()).c_str()) ==
            0);
    CHECK(has(message_of<shm::SystemError>([&] { Presence one(name.value(), soon()); }),
              "Too many levels of symbolic links"));
}
