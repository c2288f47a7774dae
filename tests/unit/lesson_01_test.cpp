/// @file
/// Lesson 01: what left_behind.hpp says of an object in each state in which a death can leave it.

#include "lessons/01-posix-create/greeting.hpp"
#include "lessons/01-posix-create/left_behind.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>  // rename

#include <cstring>
#include <memory>

using namespace std::chrono_literals;
using shm::Descriptor;
using unit::Forked;
using unit::FreshName;
using unit::has;
using unit::message_of;

namespace {

Descriptor open_object(const FreshName& name, int flags) {
    return Descriptor(checked::shm_open(name.value(), flags, 0600));
}

/// Leaves an object of `size` bytes that begins with what `fill` makes of a greeting.
template <typename Fill>
void leave(const FreshName& name, std::size_t size, Fill fill) {
    const Descriptor fd = open_object(name, O_CREAT | O_EXCL | O_RDWR);
    checked::ftruncate(fd.get(), size);
    if (size < sizeof(Greeting)) return;
    void* memory =
        checked::mmap(nullptr, sizeof(Greeting), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    fill(*static_cast<Greeting*>(memory));
    munmap(memory, sizeof(Greeting));
}

void nothing(const Greeting& /*greeting*/) {}

void prepared(Greeting& greeting) {
    shm::prepare(greeting.header, greeting_layout);
    std::strcpy(greeting.text, "Hello");
}

void published(Greeting& greeting) {
    prepared(greeting);
    shm::publish(greeting.header, greeting_layout);
}

/// Opens the object and takes the lock on its byte `byte`.
Descriptor open_locked(const FreshName& name, off_t byte) {
    Descriptor fd = open_object(name, O_RDWR);
    struct ::flock range = {};
    range.l_type = F_WRLCK;
    range.l_start = byte;
    range.l_len = 1;
    shm::check(fcntl(fd.get(), F_OFD_SETLK, &range), "fcntl F_OFD_SETLK", name.value());
    return fd;
}

/// Creates the object as a writer does, and takes its locks.
Descriptor create_claimed(const FreshName& name) {
    Descriptor fd = open_object(name, O_CREAT | O_EXCL | O_RDWR);
    claim(fd.get(), name.value());
    return fd;
}

}  // namespace

TEST_CASE("a name that nobody bears is free") {
    const FreshName name;
    CHECK_NOTHROW(free_name_of_the_dead(name.value()));
}

TEST_CASE("a name is freed whatever its writer had done when it was killed") {
    const FreshName name;
    leave(name, 0, nothing);
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
    leave(name, 4096, nothing);
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
    leave(name, 4096, prepared);
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
    leave(name, sizeof(Greeting), published);
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("another program's object keeps its name") {
    const FreshName name;
    leave(name, sizeof(Greeting) - 1, nothing);
    CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
              "holds another program's data"));
    REQUIRE(shm_unlink(name.value().c_str()) == 0);
    leave(name, 4096, [](Greeting& greeting) { greeting.text[0] = 'x'; });
    CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
              "holds another program's data"));
    REQUIRE(shm_unlink(name.value().c_str()) == 0);
    leave(name, 4096, [](Greeting& greeting) { greeting.header.magic = 1; });
    CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
              "holds another program's data"));
    CHECK(name.exists());
}

TEST_CASE("a name is kept as long as its creator lives") {
    const FreshName name;
    {
        const Descriptor creator = create_claimed(name);
        CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
                  "a live process is using it"));
        CHECK(name.exists());
    }
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("who only reads keeps no name of the dead") {
    const FreshName name;
    leave(name, 4096, published);
    const Descriptor reader = open_object(name, O_RDONLY);
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("another newcomer that has the lock for a moment is waited for") {
    const FreshName name;
    leave(name, 4096, published);
    Forked newcomer([&] {
        const Descriptor fd = open_locked(name, 1);
        shm::say("locked");
        shm::pause_for(20ms);
        return 0;
    });
    newcomer.wait_for("locked");
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("whether the creator lives is asked without taking anything") {
    const FreshName name;
    const Descriptor creator = open_object(name, O_CREAT | O_EXCL | O_RDWR);
    const Descriptor reader = open_object(name, O_RDONLY);
    CHECK_FALSE(creator_lives(reader.get()));
    claim(creator.get(), name.value());
    CHECK(creator_lives(reader.get()));
    CHECK(creator_lives(reader.get()));
}

TEST_CASE("a creator that is killed lives no more") {
    const FreshName name;
    Forked creator([&] {
        const Descriptor fd = create_claimed(name);
        shm::say("claimed");
        shm::pause_for(1h);
        return 0;
    });
    creator.wait_for("claimed");
    const Descriptor mine = open_object(name, O_RDONLY);
    CHECK(creator_lives(mine.get()));
    creator.send(SIGKILL);
    creator.wait();
    CHECK_FALSE(creator_lives(mine.get()));
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("who creates an object that is freed before its locks are taken is told") {
    const FreshName name;
    const Descriptor creator = open_object(name, O_CREAT | O_EXCL | O_RDWR);
    free_name_of_the_dead(name.value());  // a newcomer that comes just now
    CHECK(has(message_of<shm::Failure>([&] { claim(creator.get(), name.value()); }),
              "another writer came at the same moment"));
}

TEST_CASE("a writer removes its own name, and no other's") {
    const FreshName name;
    const FreshName elsewhere;
    const Descriptor first = create_claimed(name);
    // By hand: mv /dev/shm/NAME elsewhere; then another writer takes the name.
    REQUIRE(rename(("/dev/shm" + name.value()).c_str(), ("/dev/shm" + elsewhere.value()).c_str()) ==
            0);
    const Descriptor second = create_claimed(name);
    remove_name(first.get(), name.value());
    CHECK(name.exists());
    remove_name(second.get(), name.value());
    CHECK_FALSE(name.exists());
}
