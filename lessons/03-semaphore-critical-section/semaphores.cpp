#include "semaphores.hpp"

#include "common/kernel/reason.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <fmt/format.h>
#include <unistd.h>  // geteuid

#include <cerrno>
#include <vector>

namespace {

union SemctlArgument {  // semctl's fourth; the caller has to declare it (man 2 semctl)
    semid_ds* record;
};

/// Passes on what semctl() returned, or -1 if the set is gone.
int check_there(int result, const char* call, const std::string& set) {
    const bool gone = result == -1 && (errno == EINVAL || errno == EIDRM);
    return gone ? -1 : shm::check(result, call, set);
}

}  // namespace

bool is_our_set(int semid, const std::string& set) {
    semid_ds record = {};
    const SemctlArgument argument = {.record = &record};
    if (check_there(semctl(semid, 0, IPC_STAT, argument), "semctl IPC_STAT", set) == -1) {
        return false;
    }
    if (record.sem_perm.uid != geteuid() || record.sem_perm.cuid != geteuid()) {
        throw shm::Failure(set + ": belongs to another user; choose another --sem-key");
    }
    if (record.sem_nsems != semaphores_in_set) {
        throw shm::Failure(
            fmt::format("{}: has {}, ours has {}; it is another program's: "
                        "choose another --sem-key",
                        set, shm::count_text(record.sem_nsems, "semaphore"), +semaphores_in_set));
    }
    return true;
}

bool is_marked(int semid, const std::string& set) {
    const int mark = check_there(semctl(semid, initialised, GETVAL), "semctl GETVAL", set);
    if (mark != -1 && mark != init_mark) {
        throw shm::Failure(
            fmt::format("{}: its third semaphore is {}, in ours it is {}; it is "
                        "another program's: choose another --sem-key",
                        set, mark, init_mark));
    }
    return mark != -1;
}

//! [semtimedop call]
Outcome change_semaphores(int semid, std::initializer_list<sembuf> changes,
                          std::chrono::nanoseconds at_most) {
    std::vector<sembuf> operations(changes);  // semtimedop wants them writable
    const timespec timeout = shm::to_timespec(at_most);
    if (semtimedop(semid, operations.data(), operations.size(), &timeout) == 0) {
        return Outcome::done;
    }
    // EINTR comes whatever SA_RESTART says (man 7 signal); whoever waits looks around and tries on.
    if (errno == EAGAIN || errno == EINTR) return Outcome::busy;
    // Removed while we slept, or before we called.
    if (errno == EIDRM || errno == EINVAL) return Outcome::removed;
    const int error = errno;
    throw shm::SystemError(error, "semtimedop", fmt::format("semaphore set {}", semid),
                           shm::why_semop(error, semid, operations.data(), operations.size()));
}
//! [semtimedop call]
