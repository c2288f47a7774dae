// What of attached_process.hpp belongs to leaving.
#include "attached_process.hpp"
#include "semaphores.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>
#include <sys/ipc.h>  // IPC_RMID
#include <unistd.h>   // getpid

using namespace std::chrono_literals;

//! [last out]
void AttachedProcess::detach() {
    if (wait_for_entry_before_detaching()) detach_holding_entry();
}

void AttachedProcess::detach_holding_entry() {
    if (!is_last()) {
        change_or_fail({{semaphore::attached, -1, SEM_UNDO}, {semaphore::entry, +1, SEM_UNDO}});
        return;
    }
    // Second, and also if the segment cannot be removed. The kernel wakes the processes that wait
    // for the entry semaphore (EIDRM), and they begin again with semget.
    const shm::Cleanup remove_set(
        [&] { checked::semctl(semid_, 0, IPC_RMID, 0, already_removed); });
    if (shmid_ != -1) checked::shmctl(shmid_, IPC_RMID, nullptr, already_removed);
}
//! [last out]

bool AttachedProcess::is_last() const {
    try {
        return checked::semctl(semid_, semaphore::attached, GETVAL, 0, already_removed) == 1;
    } catch (const shm::SystemError& error) {
        fail_and_say_what_is_left(error.what());
    }
}

/// Changes semaphores without a wait.
void AttachedProcess::change_or_fail(std::initializer_list<sembuf> changes) const {
    try {
        change_semaphores(semid_, changes, 0ns);
    } catch (const shm::SystemError& error) {
        fail_and_say_what_is_left(error.what());
    }
}

/// Waits for the entry semaphore. False: the set has been removed meanwhile, and there is nothing
/// to leave.
bool AttachedProcess::wait_for_entry_before_detaching() const {
    try {
        const auto deadline = shm::Deadline::after(5s);
        while (!deadline.passed()) {
            const Outcome outcome =
                change_semaphores(semid_, {{semaphore::entry, -1, SEM_UNDO}}, deadline.left(1s));
            if (outcome != Outcome::busy) return outcome == Outcome::done;
        }
    } catch (const shm::SystemError& error) {
        fail_and_say_what_is_left(error.what());
    }
    fail_and_say_what_is_left("a process has held the entry semaphore for too long");
}

/// Throws a Failure that says `what`, and what there is then. (The kernel takes us off the count
/// all the same when we end, and the next worker clears up.)
void AttachedProcess::fail_and_say_what_is_left(const std::string& what) const {
    const std::string segment = shmid_ == -1 ? "" : fmt::format(" -m {}", shmid_);
    throw shm::Failure(fmt::format(
        "{}; what is left the next worker takes or removes, or, when no worker runs any "
        "more: ipcrm{} -s {}",
        what, segment, semid_));
}

AttachedProcess::~AttachedProcess() {
    if (getpid() != self_) return;  // a child of fork: it has come with us, and is not counted
    try {
        detach();
    } catch (...) {
        shm::note_failed_cleanup();
    }
}
