/// @file
/// Lesson 07, the obvious wrong way: messages go into a pipe by vmsplice, which takes pages and not
/// bytes, and the next one is written where the last one lies. A comparison that checks no payload
/// finds this very fast.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/child.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>    // vmsplice
#include <sys/uio.h>  // iovec
#include <unistd.h>   // pipe2, read

#include <cstdint>
#include <string>
#include <vector>

using shm::check;

namespace {

constexpr unsigned messages = 4;  // far fewer than a pipe holds: neither side waits

struct alignas(4096) Message {  // a page
    std::uint64_t number = 0;
};

//! [one buffer]
void send_all(int pipe, std::vector<Message>& buffers) {
    for (unsigned number = 1; number <= messages; ++number) {
        Message& message = buffers[number % buffers.size()];
        message.number = number;  // it does not ask whether the one before was read
        const iovec page = {&message, sizeof(message)};
        check(vmsplice(pipe, &page, 1, 0), "vmsplice", "a pipe");
    }
}
//! [one buffer]

/// Returns how many messages are what was sent.
unsigned receive_all(int pipe) {
    unsigned right = 0;
    for (unsigned number = 1; number <= messages; ++number) {
        Message message;
        if (check(read(pipe, &message, sizeof(message)), "read", "a pipe") == 0) {
            throw shm::Failure("the sender has ended early; see its message above");
        }
        shm::say("Message {} says: I am message {}", number, message.number);
        if (message.number == number) ++right;
    }
    return right;
}

int run(std::size_t count) {
    std::vector<Message> buffers(count);  // not freed before all are read: free() writes, too
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "pipe2", "a pipe");
    const shm::Descriptor out(ends[0]);
    shm::Descriptor in(ends[1]);
    const pid_t sender = checked::fork();
    if (sender == 0) shm::run_as_child([&] { send_all(in.get(), buffers); });
    in.reset();
    // The receiver comes late, so that the mistake shows each time. It may come late any time.
    checked::waitpid(sender);
    const unsigned right = receive_all(out.get());
    if (right == messages) return 0;
    throw shm::Failure(std::to_string(messages - right) + " of " + std::to_string(messages) +
                       " messages are not what was sent");
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t buffers = 1;
    return shm::program(
        argc, argv,
        "Broken on purpose: writes a message where the one before lies, which has not been read.",
        [&](shm::Options& options) {
            options.number("--buffers", buffers, 1, 64,
                           "Messages are written into so many in turn; cured from 4 on");
        },
        [&] { return run(buffers); });
}
