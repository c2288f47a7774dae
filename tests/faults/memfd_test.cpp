/// @file
/// Lesson 04, a memfd that is handed over: to whom, and what else a peer may send.

#include "lessons/04-large-mmap/handing_over.hpp"

#include "common/program/check.hpp"
#include "common/program/descriptor.hpp"
#include "tests/faults/support.hpp"

#include <sys/socket.h>

#include <cstring>

using namespace faults;

TEST_CASE("where all strangers look like oneself, no memfd is handed to one or taken from one") {
    if (run(unmapped({"true"})).end != "0") return testing::skip("no user namespace for us");
    const Place place;
    for (const char* program : {SENDER, RECEIVER}) {
        const Finished finished = run(unmapped({program, "--socket", place.name()}));
        INFO(finished.out << finished.err);
        CHECK(finished.end == "1");
        CHECK(has(finished.err, "cannot tell whose it is: this user namespace maps few accounts"));
    }
}

TEST_CASE("a receiver takes one descriptor, and refuses a message that has two") {
    const Place place;
    const shm::Descriptor sender(
        shm::check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket", "a sender"));
    const Address address(place.name());
    REQUIRE(bind(sender.get(), address.get(), address.length) == 0);
    REQUIRE(listen(sender.get(), 1) == 0);
    Program receiver({RECEIVER, "--socket", place.name()});
    const shm::Descriptor peer(accept4(sender.get(), nullptr, nullptr, SOCK_CLOEXEC));
    Message message;
    alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
    message.header.msg_control = control;
    message.header.msg_controllen = sizeof(control);
    cmsghdr* beside = CMSG_FIRSTHDR(&message.header);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const int two[] = {peer.get(), peer.get()};
    std::memcpy(CMSG_DATA(beside), two, sizeof(two));
    REQUIRE(sendmsg(peer.get(), &message.header, 0) == 1);
    const Finished finished = receiver.finish();
    CHECK(finished.end == "1");
    CHECK(has(finished.err, "the sender sent more than one descriptor"));
}
