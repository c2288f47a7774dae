/// @file
/// common/program/check.hpp, error.hpp, cleanup.hpp.

#include "common/program/check.hpp"
#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/descriptor.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

using unit::Ended;
using unit::has;
using unit::in_child;
using unit::message_of;

TEST_CASE("a checked call that succeeds gives back what it returned") {
    CHECK(shm::check(0, "call", "object") == 0);
    CHECK(shm::check(7, "call", "object") == 7);
    CHECK(shm::check(ssize_t{5}, "read", "object") == 5);
    int value = 0;
    CHECK(shm::check_mapped(&value, "mmap", "object") == &value);
    CHECK_NOTHROW(shm::check_returned(0, "posix_fallocate", "object"));
}

TEST_CASE("a call that really fails is named with its object, the error and the remedy") {
    const std::string file = "/no/such/directory";
    const std::string text = message_of<shm::SystemError>([&] {
        shm::check(open(file.c_str(), O_RDONLY | O_CLOEXEC), "open", file, "make it first");
    });
    CHECK(text == "open /no/such/directory: No such file or directory; make it first");
}

TEST_CASE("without a remedy the message ends with the error") {
    errno = EIO;
    CHECK(message_of<shm::SystemError>([] { shm::check(-1, "read", "/a"); }) ==
          "read /a: Input/output error");
}

TEST_CASE("the error's number can be asked for") {
    errno = ENOENT;
    try {
        shm::check(-1, "shmget", "0x00003039");
        FAIL("nothing was thrown");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::no_such_file_or_directory);
    }
}

TEST_CASE("MAP_FAILED is a failure for check_mapped, a null pointer is an address") {
    errno = ENOMEM;
    CHECK(has(message_of<shm::SystemError>([] { shm::check_mapped(MAP_FAILED, "mmap", "/a"); }),
              "mmap /a: Cannot allocate memory"));
    CHECK(shm::check_mapped(nullptr, "mmap", "/a") == nullptr);
}

TEST_CASE("check_returned takes the error from the call, not from errno") {
    errno = EACCES;
    CHECK(message_of<shm::SystemError>([] {
              shm::check_returned(ENOSPC, "posix_fallocate", "/a");
          }) == "posix_fallocate /a: No space left on device");
}

TEST_CASE("a clean-up runs once on return, and on an exception") {
    int runs = 0;
    {
        const shm::Cleanup count([&] { ++runs; });
        CHECK(runs == 0);
    }
    CHECK(runs == 1);
    try {
        const shm::Cleanup count([&] { ++runs; });
        throw std::runtime_error("on the way out");
    } catch (const std::runtime_error&) {
        CHECK(runs == 2);
    }
}

TEST_CASE("a clean-up that was cancelled does not run, the others run in reverse order") {
    std::string order;
    {
        const shm::Cleanup first([&] { order += "1"; });
        shm::Cleanup second([&] { order += "2"; });
        const shm::Cleanup third([&] { order += "3"; });
        second.cancel();
    }
    CHECK(order == "31");
}

TEST_CASE("a forked child that leaves a block cleans up nothing of its parent's") {
    const Ended parent = in_child([] {
        pid_t child = -1;
        {
            const shm::Cleanup clean([] { shm::say("cleaned up by {}", getpid()); });
            child = checked::fork();
        }
        if (child == 0) _exit(0);
        shm::say("parent {}", getpid());
        return checked::waitpid(child);
    });
    CHECK(parent.status == "0");
    REQUIRE(parent.writes.size() == 2);
    const std::string cleaned = "cleaned up by ";
    CHECK(parent.writes[0].substr(cleaned.size()) == parent.writes[1].substr(strlen("parent ")));
}

TEST_CASE("what checked calls open is closed by exec") {
    const unit::FreshName name;
    for (const int fd :
         {checked::open("/dev/null", O_RDONLY), checked::memfd_create("of a test", 0),
          checked::shm_open(name.value(), O_CREAT | O_EXCL | O_RDWR, 0600)}) {
        const shm::Descriptor closed_at_the_end(fd);
        CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    }
}
