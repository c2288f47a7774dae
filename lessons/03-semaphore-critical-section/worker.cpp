/// @file
/// Lesson 03: one of several workers that enter a critical section, one at a time, and go on when
/// the one inside is killed (unless --lock is posix, which cannot tell). Read one_semaphore.cpp
/// first. Start it in two terminals with --pause.

#include "attached_process.hpp"  // the first one in creates, the last one out removes
#include "mutex_needs.hpp"       // note_missing_robust_list

#include "common/kernel/process.hpp"  // has_ended
#include "common/program/cleanup.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/wait_notice.hpp"

#include <unistd.h>  // getpid

#include <chrono>
#include <string>

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds default_hold = 50ms;

struct Settings {
    key_t shm_key = 54321;
    key_t sem_key = 56789;
    std::string lock = "sysv";
    std::chrono::milliseconds hold = default_hold;
    bool pause = false;
    std::chrono::milliseconds timeout = 60s;
};

LockKind lock_kind(const std::string& name) {
    return name == "posix" ? lock_posix : name == "mutex" ? lock_mutex : lock_sysv;
}

/// The process that is inside, for a message; 0: not known, or not by a number that counts here.
pid_t holder_of(const AttachedProcess& self) {
    // relaxed: shown to a person, and no other data is read because of it.
    return self.knows_pids() ? self.table().holder.load(std::memory_order_relaxed) : 0;
}

std::string text_of(pid_t holder) {
    if (holder <= 0) return "another process";
    return fmt::format("process {}{}", holder, shm::has_ended(holder) ? ", which has ended," : "");
}

std::string not_free_text(pid_t holder, const Settings& settings, const SectionLock& lock) {
    const std::string text = fmt::format("the critical section was not free within {}: {}",
                                         shm::time_text(settings.timeout), text_of(holder));
    const std::string death = lock.when_holder_dies();
    if (shm::has_ended(holder)) return fmt::format("{} was inside; {}", text, death);
    return fmt::format(
        "{} is still inside; end it there, or give more --timeout-ms. Should it be dead: {}", text,
        death);
}

/// Waits for the lock, slice by slice, so that Ctrl-C and the deadline are seen.
void enter(const AttachedProcess& self, const Settings& settings, const shm::Deadline& deadline) {
    SectionLock& lock = self.lock();
    if (lock.enter(0ns)) return;
    // At once, and not after a while: that it waits is what this lesson shows.
    shm::note_wait(settings.timeout, text_of(holder_of(self)) + " to leave the critical section",
                   "in its terminal: Enter, or, after Ctrl-Z, fg");
    while (!lock.enter(deadline.left(100ms))) {
        shm::check_stop();
        if (deadline.passed()) {
            throw shm::Failure(not_free_text(holder_of(self), settings, lock));
        }
    }
}

int worker(const Settings& settings) {
    const bool other_hold = settings.hold != default_hold;  // the default itself does no harm
    if (settings.pause && other_hold) {
        throw shm::UsageError("--hold-ms and --pause: give one of the two");
    }
    const pid_t pid = getpid();
    note_missing_robust_list(lock_kind(settings.lock));
    const auto deadline = shm::Deadline::after(settings.timeout);  // for both waits
    //! [attach process]
    // From here to the end of the block we are counted, and the segment stays.
    const AttachedProcess self(settings.shm_key, settings.sem_key, lock_kind(settings.lock),
                               deadline);
    Table& table = self.table();
    //! [attach process]

    //! [critical section]
    enter(self, settings, deadline);
    const pid_t shown = self.knows_pids() ? pid : 0;
    table.holder.store(shown, std::memory_order_relaxed);  // relaxed: see holder_of()
    const shm::Cleanup leave_section([&] {
        table.holder.store(0, std::memory_order_relaxed);  // relaxed: likewise
        self.lock().leave();
    });
    repair(table);  // should the last one inside have been killed there
    shm::say("Process {}: Entering critical section", pid);

    const std::uint32_t count = add_process(table, pid);
    shm::say("Process {}: Updated count to {}", pid, count);

    if (settings.pause) {
        shm::wait_for_enter_noting(
            fmt::format("process {} holds the critical section until you press Enter", pid));
    } else {
        shm::pause_for(settings.hold);
    }
    shm::say("Process {}: Exiting critical section", pid);
    return 0;  // leave_section unlocks, then ~AttachedProcess() takes us off the count
    //! [critical section]
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Enters a critical section that all workers share, counts itself, and leaves.",
        [&](shm::Options& options) {
            options.key("--shm-key", settings.shm_key, "The segment's key");
            options.key("--sem-key", settings.sem_key, "The semaphore set's key");
            options.choice("--lock", settings.lock, {"sysv", "posix", "mutex"},
                           "What guards the section");
            options.milliseconds("--hold-ms", settings.hold, "How long to stay in the section");
            options.flag("--pause", settings.pause, "Stay in the section until Enter");
            options.milliseconds("--timeout-ms", settings.timeout, "How long to wait to get in");
        },
        [&] { return worker(settings); });
}
