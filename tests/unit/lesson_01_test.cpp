/// @file
/// Lesson 01: what left_behind.hpp says of an object in each state in which a death can leave it.

#include "lessons/01-posix-create/greeting.hpp"
#include "lessons/01-posix-create/left_behind.hpp"

#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>

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
    return Descriptor(
        shm::check(shm_open(name.value().c_str(), flags, 0600), "shm_open", name.value()));
}

/// Leaves an object of `size` bytes that begins with what `fill` makes of a greeting.
template <typename Fill>
void leave(const FreshName& name, off_t size, Fill fill) {
    const Descriptor fd = open_object(name, O_CREAT | O_EXCL | O_RDWR);
    shm::check(ftruncate(fd.get(), size), "ftruncate", name.value());
    if (size < static_cast<off_t>(sizeof(Greeting))) return;
    void* memory = mmap(nullptr, sizeof(Greeting), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    shm::check_mapped(memory, "mmap", name.value());
    fill(*static_cast<Greeting*>(memory));
    munmap(memory, sizeof(Greeting));
}

void nothing(const Greeting& /*greeting*/) {}

void prepared(Greeting& greeting) {
    shm::prepare(greeting.mark, greeting_layout);
    std::strcpy(greeting.text, "Hello");
}

void published(Greeting& greeting) {
    prepared(greeting);
    shm::publish(greeting.mark, greeting_layout);
}

/// What a writer does whose shm_open(O_CREAT | O_EXCL) has found the name taken.
void free_name_of_the_dead(const std::string& name) {
    errno = EEXIST;
    if (!was_taken_by_the_dead(-1, name)) FAIL("not to be tried again");
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
    leave(name, 4096, [](Greeting& greeting) { greeting.mark.magic = 1; });
    CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
              "holds another program's data"));
    CHECK(name.exists());
}

TEST_CASE("an object keeps its name while somebody has it open, or only mapped") {
    const FreshName name;
    leave(name, 4096, published);
    {
        const Descriptor fd = open_object(name, O_RDONLY);
        CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
                  "a live process is using it"));
    }
    void* memory = nullptr;
    {
        const Descriptor fd = open_object(name, O_RDWR);
        memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    }
    CHECK(has(message_of<shm::Failure>([&] { free_name_of_the_dead(name.value()); }),
              "a live process is using it"));
    REQUIRE(munmap(memory, 4096) == 0);
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("who only looks for a moment is waited for") {
    const FreshName name;
    leave(name, 4096, published);
    Forked looker([&] {
        const Descriptor fd = open_object(name, O_RDONLY);
        shm::say("looking");
        shm::pause_for(20ms);
        return 0;
    });
    looker.wait_for("looking");
    free_name_of_the_dead(name.value());
    CHECK_FALSE(name.exists());
}

TEST_CASE("a live writer is one that has the object open for writing, or mapped so") {
    const FreshName name;
    leave(name, 4096, published);
    const Descriptor mine = open_object(name, O_RDONLY);
    CHECK_FALSE(has_live_writer(mine.get(), name.value()));
    {
        const Descriptor reader = open_object(name, O_RDONLY);
        CHECK_FALSE(has_live_writer(mine.get(), name.value()));
    }
    Descriptor writer = open_object(name, O_RDWR);
    CHECK(has_live_writer(mine.get(), name.value()));
    void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer.get(), 0);
    writer.reset();
    CHECK(has_live_writer(mine.get(), name.value()));
    REQUIRE(munmap(memory, 4096) == 0);
    CHECK_FALSE(has_live_writer(mine.get(), name.value()));
}

TEST_CASE("a writer that is killed is no live writer any more") {
    const FreshName name;
    leave(name, 4096, published);
    Forked writer([&] {
        const Descriptor fd = open_object(name, O_RDWR);
        shm::say("open");
        shm::pause_for(1h);
        return 0;
    });
    writer.wait_for("open");
    const Descriptor mine = open_object(name, O_RDONLY);
    CHECK(has_live_writer(mine.get(), name.value()));
    writer.send(SIGKILL);
    writer.wait();
    CHECK_FALSE(has_live_writer(mine.get(), name.value()));
}
