/// @file
/// Why a name was refused. Each call really fails, where that can be had.

#include "common/kernel/checked.hpp"
#include "common/kernel/reason.hpp"
#include "common/memory/object.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>  // O_CREAT
#include <sys/socket.h>
#include <sys/un.h>  // sockaddr_un

#include <cerrno>
#include <string>

using unit::has;

namespace {

std::string sem_open_refused(const std::string& name) {
    return unit::message_of<shm::SystemError>(
        [&] { checked::sem_open(name, O_CREAT | O_EXCL, 0600, 0); });
}

std::string mq_open_refused(const std::string& name, int flags) {
    return unit::message_of<shm::SystemError>(
        [&] { checked::mq_open(name, flags, 0600, nullptr); });
}

}  // namespace

TEST_CASE("a semaphore's name is too long from 252 characters on, whichever errno says so") {
    for (const std::size_t length : {252, 255, 256, 300}) {
        const std::string name(length, 'x');
        const std::string expected =
            "a semaphore's name has at most 251 characters, this one " + std::to_string(length);
        CHECK(has(sem_open_refused("/" + name), expected));
        CHECK(has(sem_open_refused(name), expected));  // the C library takes it without a slash
    }
    CHECK(has(shm::why_sem_open(EINVAL, "/x", O_CREAT), "a semaphore's value is at most"));
}

TEST_CASE("a queue's name that breaks a rule is not one that no queue has") {
    for (const int flags : {O_RDWR, O_RDWR | O_CREAT}) {
        CHECK(has(mq_open_refused("/", flags), "the name '/' has nothing after the slash"));
        CHECK(has(mq_open_refused("/" + std::string(256, 'x'), flags), "has 256 characters"));
    }
    CHECK(has(mq_open_refused("/no_queue_has_this_name", O_RDWR), "no queue has this name"));
}

TEST_CASE("a socket that has the name is said to be one") {
    const unit::FreshName name;
    const shm::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
    ("/dev/shm" + name.value()).copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    const auto deadline = shm::Deadline::after(std::chrono::seconds(0));
    CHECK(has(
        unit::message_of<shm::SystemError>(
            [&] { shm::open_object(name.value(), O_RDONLY, deadline); }),
        "a socket has this name; choose another name, or remove it: rm /dev/shm" + name.value()));
}
