/// @file
/// Lesson 04: takes a memfd from `sender`, looks at its seals, and only then maps it.

#include "handing_over.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // F_GET_SEALS
#include <sys/mman.h>  // PROT_READ, MAP_PRIVATE

#include <cstring>
#include <string>

namespace {

shm::Descriptor connect_to_sender(const std::string& name) {
    shm::Descriptor sender(
        shm::check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket", name));
    const Address address(name);
    shm::check(connect(sender.get(), address.get(), address.length), "connect", name,
               "no sender waits there: start one first");
    if (!has_our_account(sender.get())) {
        throw shm::Failure(name + ": another account has this name: choose another --socket");
    }
    return sender;
}

shm::Descriptor take_over(int socket) {
    shm::wait_readable(socket);
    //! [take over]
    Message message;
    const ssize_t got =
        shm::check(recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC), "recvmsg", "the sender");
    if ((message.header.msg_flags & MSG_CTRUNC) != 0) {
        throw shm::Failure(
            "the sender sent more than one descriptor, or this process may have "
            "no more of them (ulimit -n)");
    }
    const cmsghdr* beside = CMSG_FIRSTHDR(&message.header);
    if (got == 0 || beside == nullptr || beside->cmsg_level != SOL_SOCKET ||
        beside->cmsg_type != SCM_RIGHTS || beside->cmsg_len != CMSG_LEN(sizeof(int))) {
        throw shm::Failure("the sender has ended, or has sent no descriptor");
    }
    int fd = -1;  // a new number, of this process
    std::memcpy(&fd, CMSG_DATA(beside), sizeof(fd));
    //! [take over]
    return shm::Descriptor(fd);
}

/// Returns the memfd's size, which cannot become less any more.
std::size_t require_seals(int fd) {
    //! [look first]
    // Without F_SEAL_SHRINK the sender could shorten it: our next access would be SIGBUS.
    // Without F_SEAL_WRITE it could change what we have checked.
    constexpr int needed = F_SEAL_SHRINK | F_SEAL_WRITE;
    const int seals = fcntl(fd, F_GET_SEALS);  // -1: no memfd at all
    if (seals == -1 || (seals & needed) != needed) {
        throw shm::Failure("not mapped: it lacks F_SEAL_SHRINK or F_SEAL_WRITE");
    }
    return static_cast<std::size_t>(checked::fstat(fd).st_size);  // after the seals
    //! [look first]
}

int receiver(const std::string& name) {
    shm::require_owners_known(name);  // else has_our_account() would prove nothing
    const shm::Descriptor sender = connect_to_sender(name);
    const shm::Descriptor object = take_over(sender.get());
    const std::size_t size = require_seals(object.get());
    //! [map sealed]
    // MAP_PRIVATE: no process writes any more, so it is never copied. Many an older
    // kernel refuses MAP_SHARED here, also for reading.
    const void* memory = checked::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, object.get(), 0);
    //! [map sealed]
    const auto* text = static_cast<const char*>(memory);
    shm::say("Got it as descriptor {}, {} bytes: {}", object.get(), size,
             std::string(text, strnlen(text, size)));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "handing_over";
    return shm::program(
        argc, argv, "Takes a memfd from `sender`, looks at its seals, and only then maps it.",
        [&](shm::Options& options) {
            options.text("--socket", name, "NAME", name, "Where the two meet");
        },
        [&] { return receiver(name); });
}
