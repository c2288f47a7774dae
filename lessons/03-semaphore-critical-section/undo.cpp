/// @file
/// Lesson 03: what the kernel undoes when a process ends (SEM_UNDO), and what it does not.

#include "common/kernel/checked.hpp"
#include "common/program/child.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <signal.h>    // SIGKILL
#include <sys/sem.h>   // sembuf, SETVAL, GETVAL, SEM_UNDO
#include <sys/wait.h>  // WIFEXITED, WEXITSTATUS
#include <unistd.h>    // getpid

namespace {

void change(int semid, short by, short flags) {
    sembuf operation = {.sem_num = 0, .sem_op = by, .sem_flg = flags};
    checked::semop(semid, &operation, 1);
}

/// Runs `act` in a child process, and waits until that has ended, by itself or killed.
template <typename Act>
void in_child(const Act& act) {
    const pid_t child = checked::fork();
    if (child == 0) shm::run_as_child(act);
    const int status = checked::waitpid(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        throw shm::Failure("the child failed; see its message above");
    }
}

void show(int semid, const char* after) {
    shm::say("{:<48}{}", after, checked::semctl(semid, 0, GETVAL));
}

int undo() {
    const int semid = checked::semget(IPC_PRIVATE, 1, 0600);
    const shm::Cleanup remove([&] { checked::semctl(semid, 0, IPC_RMID); });
    checked::semctl(semid, 0, SETVAL, 1);
    show(semid, "at first:");

    //! [what undo]
    in_child([&] {
        change(semid, -1, SEM_UNDO);
        kill(getpid(), SIGKILL);
    });
    show(semid, "-1 with undo, killed:");

    in_child([&] {
        change(semid, -1, SEM_UNDO);
        checked::semctl(semid, 0, SETVAL, 0);  // clears what is to be undone, of all processes
        kill(getpid(), SIGKILL);
    });
    show(semid, "-1 with undo, then SETVAL 0, killed:");

    checked::semctl(semid, 0, SETVAL, 1);
    in_child([&] {
        change(semid, -1, SEM_UNDO);
        change(semid, +1, 0);
    });
    show(semid, "-1 with undo, +1 without, ended:");

    checked::semctl(semid, 0, SETVAL, 1);
    change(semid, -1, SEM_UNDO);
    in_child([] {});
    show(semid, "-1 with undo by a parent, its child has ended:");
    //! [what undo]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return shm::program(
        argc, argv, "Shows which changes of a semaphore the kernel undoes when a process ends.",
        [](shm::Options&) {}, [] { return undo(); });
}
