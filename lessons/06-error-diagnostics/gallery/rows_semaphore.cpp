#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/limits.hpp"
#include "stage.hpp"

#include <fmt/core.h>
#include <sys/sem.h>

#include <vector>

// System V semaphores.

namespace {

const Row rows[] = {
    {"set-smaller", "the set under this key has fewer semaphores", "semget", "EINVAL",
     "another program's, or an older version's", "ask for 0 and look at IPC_STAT's sem_nsems",
     [] {
         stage::make_set(1);
         checked::semget(stage::key, 3, IPC_CREAT | 0600);
         return std::string();
     }},
    {"set-taken", "a key that has a set", "semget", "EEXIST", "another process was first",
     "use it, after a look whether it is yours",
     [] {
         stage::make_set(1);
         stage::make_set(1);
         return std::string();
     }},
    {"semop-outside", "a semaphore that the set does not have", "semop", "EFBIG",
     "an index that was not checked; EFBIG has nothing to do with files here", "count from 0",
     [] {
         return stage::operated(stage::make_set(3), {{7, 1, 0}});
     }},
    {"semop-too-many", "more operations than one call may have", "semop", "E2BIG",
     "semopm, the third of kernel.sem's numbers",
     "fewer in one step; or raise the limit, and keep the other three of sysctl kernel.sem",
     [] {
         return stage::operated(
             stage::make_set(1),
             std::vector<sembuf>(static_cast<std::size_t>(shm::semopm().most) + 1,
                                 sembuf{0, 1, 0}));
     }},
    {"semop-over-range", "a semaphore is raised over 32767", "semop", "ERANGE",
     "V without P, again and again", "every V needs its P",
     [] {
         return stage::operated(stage::make_set(1, 32767), {{0, 1, 0}});
     }},
    {"semop-would-wait", "a semaphore that another process has taken", "semop", "EAGAIN",
     "IPC_NOWAIT was asked for; or semtimedop's time is over", "wait, with a deadline",
     [] {
         return stage::operated(stage::make_set(1), {{0, -1, IPC_NOWAIT}});
     }},
    {"set-reset", "every starter sets the semaphore to 1", "semctl", "success",
     "the second process sets it while the first one is inside: two are inside",
     "one atomic semop by the process that comes first",
     [] {
         const int semid = stage::make_set(1, 1);
         stage::operated(semid, {{0, -1, 0}});  // we are inside
         checked::semctl(semid, 0, SETVAL, 1);
         stage::operated(semid, {{0, -1, IPC_NOWAIT}});
         return std::string("a second one gets in while the first one is inside");
     }},
    {"setval-no-otime", "waiting for sem_otime after SETVAL", "semctl", "success",
     "only semop sets it", "the creator does a semop",
     [] {
         semid_ds record = {};
         checked::semctl(stage::make_set(1, 1), 0, IPC_STAT, &record);
         stage::expect(record.sem_otime == 0, "sem_otime is set");
         return std::string("sem_otime is still 0");
     }},
    {"setval-over-range", "a semaphore is set to more than 32767", "semctl", "ERANGE",
     "a semaphore is a small number", "count larger things in the shared memory itself",
     [] {
         const int semid = stage::make_set(1);
         checked::semctl(semid, 0, SETVAL, 40000);
         return std::string();
     }},
};

}  // namespace

const std::span<const Row> semaphore_rows = rows;
