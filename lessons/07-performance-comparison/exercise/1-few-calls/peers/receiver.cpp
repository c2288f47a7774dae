/// @file
/// Exercise 07.1, the other side: receives the messages, asleep or awake while there is none.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <sched.h>  // sched_yield

#include <new>
#include <string>

namespace {

Outbox* create_outbox(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    checked::ftruncate(object.get(), sizeof(Outbox));
    return new (checked::mmap(nullptr, sizeof(Outbox), PROT_READ | PROT_WRITE, MAP_SHARED,
                              object.get(), 0)) Outbox{};
}

/// Sleeps unless more than `had` messages are there. The sender says that we are awake.
void sleep_for_more(Outbox& outbox, std::uint32_t had) {
    outbox.sleeping.store(1);
    while (outbox.sent.load() == had) {
        syscall(SYS_futex, &outbox.sent, FUTEX_WAIT, had, nullptr, nullptr, 0);
        shm::check_stop();
    }
}

/// Takes the messages from `had` on, up to number `end`.
void receive(Outbox& outbox, std::uint32_t had, std::uint32_t end) {
    for (std::uint32_t number = had + 1; number <= end; ++number) {
        while (outbox.sent.load() < number) {
            shm::check_stop();
            sched_yield();
        }
        if (outbox.message[number - 1] != number) {
            throw shm::Failure(
                fmt::format("message {} holds {}", number, outbox.message[number - 1]));
        }
    }
    shm::say("Received {}", end);
}

int receiver(const std::string& name, bool sleeps) {
    Outbox* outbox = create_outbox(name);
    const shm::Cleanup remove([&] { shm_unlink(name.c_str()); });
    shm::say("Ready");
    for (const std::uint32_t had : {0U, messages / 2}) {
        if (sleeps) sleep_for_more(*outbox, had);
        receive(*outbox, had, had + messages / 2);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_outbox";
    bool sleeps = false;
    return shm::program(
        argc, argv, "Receives 1,000 messages.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.flag("--sleeps", sleeps, "Sleep before message 1 and before message 501");
        },
        [&] { return receiver(name, sleeps); });
}
