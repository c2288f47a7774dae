#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "stage.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/time.h>  // setitimer
#include <unistd.h>

#include <atomic>
#include <cstdint>

using shm::check;

// What makes no error where the mistake is, and goes wrong later, or elsewhere.

namespace {

const std::size_t page = shm::page_size();

/// A message and its flag, on lines of their own.
struct Mailbox {
    alignas(128) std::atomic<std::uint64_t> data = 0;
    alignas(128) std::atomic<std::uint64_t> flag = 0;
};

/// Has another process store number after number, first in the data, then in the flag, and returns
/// whether a flag was seen before its data. Relaxed, all of it: that is the mistake.
bool is_overtaken(std::uint64_t messages) {
    auto* box = stage::shared<Mailbox>();
    stage::in_sleeping_child([=] {
        if (fork() != 0) return;
        for (std::uint64_t number = 1; number <= messages; ++number) {
            box->data.store(number, std::memory_order_relaxed);
            box->flag.store(number, std::memory_order_relaxed);
        }
        _exit(0);
    });
    for (std::uint64_t flag = 0; flag < messages;) {
        flag = box->flag.load(std::memory_order_relaxed);
        if (box->data.load(std::memory_order_relaxed) < flag) return true;
    }
    return false;
}

const Row rows[] = {
    {"shmat-null", "shmat's failure is compared with NULL", "shmat", "SIGSEGV",
     "shmat returns (void*)-1, printed as 0xffffffffffffffff: it is not NULL, so the program goes "
     "on and uses it",
     "compare with (void*)-1; of mmap, with MAP_FAILED, which is the same value",
     [] {
         void* memory = shmat(-1, nullptr, 0);
         if (memory == nullptr) return std::string("NULL");
         *static_cast<volatile char*>(memory) = 1;
         return std::string("a byte was written");
     }},
    {"sigbus-handler-returns", "a handler of SIGBUS returns", "sigaction", "SIGALRM",
     "the processor makes the same access again, and the signal comes again: the program hangs at "
     "full load (here an alarm ends it)",
     "end the process in the handler; or leave it by siglongjmp, or map memory at the address "
     "first",
     [] {
         const int fd = stage::make_object(0);
         char* memory = stage::map(fd, page, PROT_READ | PROT_WRITE);
         struct sigaction action = {};
         action.sa_handler = [](int) {};
         check(sigaction(SIGBUS, &action, nullptr), "sigaction", "SIGBUS");
         const itimerval soon = {{0, 0}, {0, 100'000}};
         check(setitimer(ITIMER_REAL, &soon, nullptr), "setitimer", "100 ms");
         memory[0] = 1;
         return std::string("a byte was written");
     }},
    {"sem-open-full", "a named semaphore, and /dev/shm has no room", "sem_open", "ENOSPC",
     "a named semaphore is a file in /dev/shm; a program that makes many and unlinks none fills it",
     "sem_unlink those that no process uses, or enlarge /dev/shm: df -h, df -i say what it lacks",
     [] {
         stage::mount_small("nr_inodes=1");
         checked::sem_open(stage::name, O_CREAT | O_EXCL, 0600, 1);
         return std::string();
     }},
    {"sem-failed-unchecked", "sem_open failed, and the program does not look at the result",
     "sem_wait", "SIGSEGV",
     "sem_open returned SEM_FAILED, which is no semaphore; sem_wait reads its memory",
     "compare with SEM_FAILED before the first use: it is a null pointer in glibc, not -1",
     [] {
         stage::mount_small("nr_inodes=1");
         // By a pointer: a sanitizer knows of sem_wait itself that it takes no null, and ends the
         // process before it.
         int (*volatile wait)(sem_t*) = sem_wait;
         return std::string(
             wait(sem_open(stage::name, O_CREAT | O_EXCL, 0600, 1)) == 0 ? "waited" : "refused");
     }},
    {"object-unlinked-at-once", "an object is unlinked as soon as it was made, so that it is freed",
     "shm_open", "ENOENT",
     "shm_unlink takes the name away at once, not at the end: the next process finds none, or, "
     "with O_CREAT, makes another object, and the two see nothing of each other",
     "unlink when the last process detaches; or hand the descriptor over, and need no name",
     [] {
         stage::make_object(page);
         checked::shm_unlink(stage::name);
         checked::shm_open(stage::name, O_RDWR, 0);
         return std::string();
     }},
    {"semaphore-unlinked-at-once",
     "a semaphore is unlinked as soon as it was made, so that it is freed", "sem_open", "ENOENT",
     "sem_unlink takes the name away at once: the next process finds none, or, with O_CREAT, makes "
     "another semaphore, and both are inside",
     "unlink when the last process is done; or a semaphore without a name in the shared memory",
     [] {
         checked::sem_open(stage::name, O_CREAT | O_EXCL, 0600, 1);
         check(sem_unlink(stage::name), "sem_unlink", stage::name);
         checked::sem_open(stage::name, 0);
         return std::string();
     }},
    {"second-producer", "a second producer writes into a ring that is made for one", "-", "success",
     "both saw the last free slot, and both sent: used is capacity + 1, and the free space, "
     "capacity - used, wraps below zero to a huge number",
     "one ring for each producer; refuse a second one (lesson 05)",
     [] {
         const std::uint64_t capacity = 4;
         auto& sent = *stage::shared<std::atomic<std::uint64_t>>();
         sent = 3;  // none was taken: one slot is free
         const auto has_room = [&] { return sent < capacity; };
         const bool our_look = has_room();
         stage::in_killed_child([&] {  // the second one looks and sends in between
             if (has_room()) ++sent;
         });
         if (our_look) ++sent;
         const std::uint64_t free_slots = capacity - sent;
         stage::expect(free_slots > capacity, "it did not wrap");
         return fmt::format("free slots: {} of {}", free_slots, capacity);
     }},
    {"set-without-creator", "which process made a semaphore set, is asked", "semctl", "success",
     "the kernel keeps the accounts (uid, cuid), but no process for a set; a segment has shm_cpid",
     "write your pid into the shared memory as you create the set; GETPID says which process used "
     "a semaphore last",
     [] {
         const int semid = stage::make_set(1);
         const int last = checked::semctl(semid, 0, GETPID);
         checked::semctl(semid, 0, IPC_RMID);
         return fmt::format("IPC_STAT has no pid; GETPID {} set it",
                            last == getpid() ? "is the process that" : "is not the one that");
     }},
    {"left-by-root", "a run as root (sudo, a container) left its object behind", "shm_open",
     "EACCES", "the object is root's, with mode 0600, and the program now runs as another account",
     "as root: rm /dev/shm/NAME, or of System V ipcs, ipcrm -m ID, ipcrm -s ID; and do not "
     "run it as root",
     [] {
         stage::require_root("to leave an object of root's");
         stage::make_object(page);
         stage::become_other_user();
         checked::shm_open(stage::name, O_RDWR, 0);
         return std::string();
     }},
    {"old-segment-size", "the size was changed, and an old segment has the key", "shmget",
     "success", "the segment of the last run is still there, with its old size and its old bytes",
     "compare IPC_STAT's shm_segsz with your own size; remove the old one: ipcrm -M KEY",
     [] {
         stage::make_segment(2 * page);
         const int shmid = checked::shmget(stage::key, page, IPC_CREAT | 0600);
         shmid_ds record = {};
         checked::shmctl(shmid, IPC_STAT, &record);
         stage::expect(record.shm_segsz == 2 * page, "another size");
         return fmt::format("{} bytes asked for, the segment has {}", page, record.shm_segsz);
     }},
    {"flag-before-data", "a mailbox without release and acquire: its flag comes before its data",
     "=", "success", "an Arm processor may show two stores, or do two loads, in another order",
     "store the flag with release, load it with acquire (lesson 01)",
     [] {
         constexpr std::uint64_t messages = 300'000;
         if (!is_overtaken(messages)) {
             throw NotHere(
                 fmt::format("{} messages came after their data: an x86 processor keeps stores in "
                             "order, and loads (an Arm processor does not)",
                             messages));
         }
         return std::string("a flag was seen whose data was the last message's");
     }},
};

}  // namespace

const std::span<const Row> silent_rows = rows;
