#include "semaphores.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>
#include <unistd.h>  // geteuid

#include <cerrno>
#include <vector>

bool check_owner_and_size(int semid, const std::string& set) {
    semid_ds record = {};
    if (checked::semctl(semid, 0, IPC_STAT, &record, already_removed) == -1) return false;
    if (record.sem_perm.uid != geteuid() || record.sem_perm.cuid != geteuid()) {
        throw shm::Failure(set + ": belongs to another user; choose another --sem-key");
    }
    if (record.sem_nsems != semaphore::in_set) {
        throw shm::Failure(
            fmt::format("{}: has {}, ours has {}; it is another program's: "
                        "choose another --sem-key",
                        set, shm::count_text(record.sem_nsems, "semaphore"), +semaphore::in_set));
    }
    return true;
}

bool check_magic(int semid, const std::string& set) {
    const int magic = checked::semctl(semid, semaphore::initialised, GETVAL, 0, already_removed);
    if (magic == -1) return false;
    if (magic != set_magic) {
        throw shm::Failure(
            fmt::format("{}: its third semaphore is {}, in ours it is {}; it is "
                        "another program's: choose another --sem-key",
                        set, magic, set_magic));
    }
    return true;
}

//! [semtimedop call]
Outcome change_semaphores(int semid, std::initializer_list<sembuf> changes,
                          std::chrono::nanoseconds at_most) {
    std::vector<sembuf> operations(changes);  // semtimedop wants them writable
    const timespec timeout = shm::to_timespec(at_most);
    int result = -1;
    do {
        result = checked::semtimedop(semid, operations.data(), operations.size(), &timeout,
                                     checked::allow(EAGAIN, EINTR, EIDRM, EINVAL));
        // EINTR comes whatever SA_RESTART says (man 7 signal). A process that waits looks around,
        // and tries again; one that does not wait has not been answered yet.
    } while (result == -1 && errno == EINTR && at_most == at_most.zero());
    if (result == 0) return Outcome::done;
    if (errno == EAGAIN || errno == EINTR) return Outcome::busy;
    return Outcome::removed;  // EIDRM: while it slept; EINVAL: before it called
}
//! [semtimedop call]
