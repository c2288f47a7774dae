/// @file
/// Lesson 04: makes a memfd, seals it, and hands it over to `receiver` by a Unix socket.

#include "handing_over.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // F_ADD_SEALS
#include <sys/mman.h>  // MFD_ALLOW_SEALING

#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t size = 4096;

shm::Descriptor make_memfd(bool is_to_be_sealed) {
    //! [make sealed]
    shm::Descriptor object(checked::memfd_create("handed over", MFD_ALLOW_SEALING));
    const int fd = object.get();
    checked::ftruncate(fd, size);
    void* memory = checked::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    std::string_view("Hello from a memfd").copy(static_cast<char*>(memory), size);
    checked::munmap(memory, size);  // as long as it may be written to, F_SEAL_WRITE is EBUSY
    constexpr unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (is_to_be_sealed) shm::check(fcntl(fd, F_ADD_SEALS, seals), "fcntl F_ADD_SEALS", "memfd");
    //! [make sealed]
    return object;
}

/// Waits for a receiver of our own account, until Ctrl-C ends this program.
shm::Descriptor wait_for_receiver(const std::string& name) {
    const shm::Descriptor door(
        shm::check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), "socket", name));
    const Address address(name);
    shm::check(bind(door.get(), address.get(), address.length), "bind", name,
               "a sender has this name already: choose another --socket");
    shm::check(listen(door.get(), 1), "listen", name);
    shm::say("Waiting for a receiver");
    for (;;) {
        shm::wait_readable(door.get());
        shm::Descriptor receiver(
            shm::check(accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4", name));
        if (has_our_account(receiver.get())) return receiver;
        shm::note("another account has connected, and gets nothing");
    }
}

void hand_over(int socket, int fd) {
    //! [hand over]
    Message message;  // one byte, and beside it the descriptor
    cmsghdr* beside = CMSG_FIRSTHDR(&message.header);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(sizeof(fd));
    std::memcpy(CMSG_DATA(beside), &fd, sizeof(fd));
    shm::check(sendmsg(socket, &message.header, MSG_NOSIGNAL), "sendmsg", "the receiver");
    //! [hand over]
}

int sender(const std::string& name, bool is_to_be_sealed) {
    shm::require_owners_known(name);  // else has_our_account() would prove nothing
    const shm::Descriptor object = make_memfd(is_to_be_sealed);
    const shm::Descriptor receiver = wait_for_receiver(name);
    hand_over(receiver.get(), object.get());
    shm::say("Handed over, as descriptor {} of this process", object.get());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "handing_over";
    bool is_unsealed = false;
    return shm::program(
        argc, argv, "Makes a memfd, seals it, and hands it over to `receiver` by a Unix socket.",
        [&](shm::Options& options) {
            options.text("--socket", name, "NAME", name, "Where the two meet");
            options.flag("--unsealed", is_unsealed, "Leave the seals out");
        },
        [&] { return sender(name, !is_unsealed); });
}
