/// @file
/// Exercise 02.2, the other side: sends two messages, slowly, or ends in between.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/child.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <signal.h>    // kill
#include <sys/ipc.h>   // IPC_CREAT, IPC_EXCL, IPC_RMID
#include <sys/wait.h>  // waitid
#include <unistd.h>    // getpid

#include <chrono>
#include <new>

using namespace std::chrono_literals;

namespace {

constexpr const char* not_attached = "Not attached yet. Press Enter to go on...";
constexpr const char* enter_for_2 = "Press Enter to send message 2...";

struct Settings {
    key_t key = 12347;
    std::chrono::milliseconds interval = 0ms;
    bool late = false;
    bool zombie = false;
    bool last = false;
};

void send(Slot& slot, std::uint32_t number) {
    slot.sent.store(number);
    shm::say("Sent message {}", number);
    while (slot.taken.load() < number) shm::pause_for(1ms);
}

Slot* attach(int shmid) {
    auto* slot = new (checked::shmat(shmid, nullptr, 0)) Slot{};
    slot->messages.store(2);
    return slot;
}

/// The part of the process that creates and sends. It ends without a word, and does not wait until
/// its last message was taken.
void produce(const Settings& settings) {
    const int shmid = checked::shmget(settings.key, sizeof(Slot), IPC_CREAT | IPC_EXCL | 0600);
    if (settings.late) {
        shm::wait_for_enter(not_attached);
        return;  // it never attaches
    }
    Slot* slot = attach(shmid);
    send(*slot, 1);
    if (settings.last) {
        shm::wait_for_enter(enter_for_2);
        slot->sent.store(2);
        shm::say("Sent message 2");
    }
}

/// Removes the segment if the child has created it, and no consumer has removed it.
void remove_segment_of(pid_t child, key_t key) {
    const int shmid = shmget(key, 0, 0);
    shmid_ds state{};
    if (shmid == -1 || shmctl(shmid, IPC_STAT, &state) == -1 || state.shm_cpid != child) return;
    shmctl(shmid, IPC_RMID, nullptr);
}

/// Creates and sends in a child, which then ends. While its parent does not ask how, it is a
/// zombie.
int produce_in_child(const Settings& settings) {
    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) {
        shm::end_with_parent(parent);
        shm::run_as_child([&] { produce(settings); });
    }
    shm::Cleanup remove([&] { remove_segment_of(child, settings.key); });
    const shm::Cleanup end([&] {
        kill(child, SIGKILL);  // Ctrl-C can come while it sends
        waitpid(child, nullptr, 0);
    });
    siginfo_t state{};
    while (waitid(P_PID, static_cast<id_t>(child), &state, WEXITED | WNOWAIT) == -1) {
        shm::check_stop();
    }
    if (state.si_code == CLD_EXITED && state.si_status != 0) return 1;  // it has said why
    shm::wait_for_enter("The producer has ended; it is a zombie. Press Enter to go on...");
    // A consumer that took all messages leaves the segment, since that is the producer's. One that
    // did not has to remove it.
    if (!settings.last) remove.cancel();
    return 0;
}

int producer(const Settings& settings) {
    if (settings.zombie || settings.last) return produce_in_child(settings);
    const int shmid = checked::shmget(settings.key, sizeof(Slot), IPC_CREAT | IPC_EXCL | 0600);
    const shm::Cleanup remove([&] { shmctl(shmid, IPC_RMID, nullptr); });
    if (settings.late) shm::wait_for_enter(not_attached);
    Slot* slot = attach(shmid);
    const shm::Cleanup detach([&] { checked::shmdt(slot); });
    send(*slot, 1);
    if (settings.interval > 0ms) {
        shm::pause_for(settings.interval);
    } else {
        shm::wait_for_enter(enter_for_2);
    }
    send(*slot, 2);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Sends two messages, slowly, or ends in between.",
        [&](shm::Options& options) {
            options.key("--key", settings.key, "The segment's key");
            options.milliseconds("--interval-ms", settings.interval, "Wait so long, not for Enter");
            options.flag("--late", settings.late, "Create the segment, and attach it at Enter");
            options.flag("--zombie", settings.zombie,
                         "Send in a child that ends; do not reap it. With "
                         "--late it ends, and has not attached");
            options.flag("--last", settings.last, "So, too; its child ends as it sends message 2");
        },
        [&] { return producer(settings); });
}
