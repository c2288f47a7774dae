#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/limits.hpp"
#include "stage.hpp"

#include <fmt/core.h>
#include <sys/sem.h>
#include <unistd.h>

#include <vector>

// System V semaphores whose holder dies, whose set is removed.

namespace {

void remove(int semid) {
    checked::semctl(semid, 0, IPC_RMID);
}

int value_of(int semid) {
    return checked::semctl(semid, 0, GETVAL);
}

const Row rows[] = {
    {"holder-killed", "the holder is killed, and had not asked for SEM_UNDO", "semop", "EAGAIN",
     "the semaphore stays 0: a plain P waits for ever",
     "SEM_UNDO on both P and V. Now: stop its users, ipcrm -s ID, begin anew",
     [] {
         const int semid = stage::make_set(1, 1);
         stage::in_killed_child([=] { stage::operated(semid, {{0, -1, 0}}); });
         return stage::operated(semid, {{0, -1, IPC_NOWAIT}});
     }},
    {"undo-on-p-only", "SEM_UNDO on P, and not on V", "semop", "success",
     "the undo comes on top of the V: two get in", "SEM_UNDO on both",
     [] {
         const int semid = stage::make_set(1, 1);
         stage::in_killed_child([=] {
             stage::operated(semid, {{0, -1, SEM_UNDO}});
             stage::operated(semid, {{0, 1, 0}});
         });
         stage::expect(value_of(semid) == 2, "another value");
         return std::string("the semaphore is 2 afterwards: two get in");
     }},
    {"undo-over-range", "SEM_UNDO on what is no ownership", "semop", "ERANGE",
     "the account of what to undo ends at 32767", "SEM_UNDO for ownership only",
     [] {
         const int semid = stage::make_set(1);
         for (int i = 0; i < 2; ++i) {
             stage::operated(semid, {{0, 20000, SEM_UNDO}});
             stage::operated(semid, {{0, -20000, 0}});
         }
         return std::string();
     }},
    {"semop-interrupted", "a signal comes while semop waits", "semop", "EINTR",
     "semop is not begun again, even with SA_RESTART",
     "look what the signal asks for; then wait again",
     [] {
         const int semid = stage::make_set(1);
         stage::begin_signals();
         return stage::operated(semid, {{0, -1, 0}});
     }},
    {"set-removed-waiting", "the set is removed while a process waits", "semop", "EIDRM",
     "another process removed it while it was in use, or systemd, as the account logged out",
     "find out which process did (systemd: loginctl enable-linger USER, or RemoveIPC=no in "
     "logind.conf); begin again with semget",
     [] {
         const int semid = stage::make_set(1);
         stage::in_sleeping_child([=] {
             if (fork() != 0) return;  // the grandchild removes it as soon as a process waits
             while (semctl(semid, 0, GETNCNT) == 0) usleep(1000);
             semctl(semid, 0, IPC_RMID);
             _exit(0);
         });
         return stage::operated(semid, {{0, -1, 0}});
     }},
    {"set-removed", "a set that was removed while we waited, one call later", "semop", "EINVAL",
     "EIDRM comes once; then the id belongs to no set. systemd removes sets, too, at logout",
     "begin again with semget; let only its owner call IPC_RMID; systemd: RemoveIPC=no",
     [] {
         const int semid = stage::make_set(1);
         remove(semid);
         return stage::operated(semid, {{0, -1, 0}});
     }},
};

}  // namespace

const std::span<const Row> holder_rows = rows;
