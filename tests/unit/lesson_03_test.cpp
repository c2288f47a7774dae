/// @file
/// Lesson 03: the table after every sudden death, the three locks, arriving and leaving.

#include "lessons/03-semaphore-critical-section/attached_process.hpp"
#include "lessons/03-semaphore-critical-section/exercise/2-killed-holder/exercise.hpp"
#include "lessons/03-semaphore-critical-section/mutex_needs.hpp"
#include "lessons/03-semaphore-critical-section/section_lock.hpp"
#include "lessons/03-semaphore-critical-section/semaphores.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/kernel/process.hpp"  // has_robust_list
#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "tests/unit/support.hpp"

#include <linux/futex.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>
#include <set>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using shm::Deadline;
using unit::Forked;
using unit::FreshKey;
using unit::has;
using unit::message_of;
using unit::Shared;

namespace {

#ifdef __SANITIZE_THREAD__
constexpr bool thread_sanitizer = true;
// gcc's does not see pthread_mutex_clocklock() take the mutex, and reports its unlocking.
constexpr LockKind kinds[] = {lock_sysv, lock_posix};
constexpr LockKind kinds_given_back[] = {lock_sysv};
#else
constexpr bool thread_sanitizer = false;
constexpr LockKind kinds[] = {lock_sysv, lock_posix, lock_mutex};
constexpr LockKind kinds_given_back[] = {lock_sysv, lock_mutex};
#endif

/// A lock of each kind over a table that forked processes share.
struct Section {
    explicit Section(LockKind kind)
        : semid(checked::semget(key.value(), semaphore::in_set, IPC_CREAT | IPC_EXCL | 0600)) {
        change_semaphores(semid, {{semaphore::section, +1, 0}}, 0ns);
        create_lock(kind, *table);
        lock = open_lock(kind, *table, semid);
    }
    FreshKey key;
    int semid;
    Shared<Table> table;
    std::unique_ptr<SectionLock> lock;
};

/// Says whether there are as many entries as it counts, all of one process, and their sum is right.
bool is_whole(const Table& table) {
    if (table.count > table_entries || table.changing != 0) return false;
    const pid_t* end = std::begin(table.pids) + table.count;
    if (table.pid_sum != std::accumulate(std::begin(table.pids), end, std::uint64_t{0})) {
        return false;
    }
    return std::all_of(std::begin(table.pids), end,
                       [&](pid_t entry) { return entry == table.pids[0] && entry != 0; }) &&
           std::all_of(end, std::end(table.pids), [](pid_t entry) { return entry == 0; });
}

/// Says whether a robust mutex is none here, since nobody marks it when its owner dies; the test
/// that asks is skipped.
bool misses_robust_list(LockKind kind) {
    if (kind != lock_mutex || shm::has_robust_list()) return false;
    testing::skip("no robust lists (an emulator): a mutex whose owner died stays locked");
    return true;
}

/// Says whether /proc/PID/syscall counts calls as this program does; under an emulator it has the
/// machine's own numbers.
bool has_our_call_numbers() {
    std::ifstream file("/proc/self/syscall");
    unsigned long call = 0;
    return file >> call && call == SYS_read;
}

/// Says whether that is the number of one of these calls; where `long` has 32 bits there are more,
/// for times of 64.
bool is_futex(unsigned long call) {
#ifdef SYS_futex_time64
    if (call == SYS_futex_time64) return true;
#endif
    return call == SYS_futex;
}
bool is_semaphore_set_wait(unsigned long call) {
#ifdef SYS_semtimedop_time64
    if (call == SYS_semtimedop_time64) return true;
#endif
#ifdef SYS_semtimedop
    return call == SYS_semtimedop;
#else
    return call == SYS_ipc;
#endif
}

/// Says whether the process sleeps (man 5 proc_pid_stat).
bool sleeps(pid_t pid) {
    std::string line;
    std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), line);
    return has(line, ") S ");
}

std::vector<pid_t> entries(const Table& table) {
    return {std::begin(table.pids), std::end(table.pids)};
}

}  // namespace

TEST_CASE("each process is entered after the last one") {
    Table table{};
    CHECK(add_process(table, 11) == 1);
    CHECK(add_process(table, 22) == 2);
    CHECK(table.pids[0] == 11);
    CHECK(table.pids[1] == 22);
    CHECK(table.pid_sum == 33);
    CHECK(table.changing == 0);
    CHECK_FALSE(repair(table));
}

TEST_CASE("a table whose sum is not that of its entries takes no more and stays as it was") {
    Table table{};
    add_process(table, 11);
    table.pid_sum = 12;
    const std::vector<pid_t> before = entries(table);
    CHECK(has(message_of<shm::Failure>([&] { add_process(table, 22); }),
              "the table does not agree with itself"));
    CHECK(table.count == 1);
    CHECK(table.pid_sum == 12);
    CHECK(table.changing == 0);
    CHECK(entries(table) == before);
}

TEST_CASE("a full table takes no more and stays as it was") {
    Table table{};
    for (pid_t pid = 1; pid <= 100; ++pid) add_process(table, pid);
    const std::vector<pid_t> before = entries(table);
    CHECK(has(message_of<shm::Failure>([&] { add_process(table, 101); }),
              "the table is full: 100 of 100 entries are taken"));
    CHECK(table.count == 100);
    CHECK(table.changing == 0);
    CHECK(entries(table) == before);
    table.count = 4'000'000'000;
    CHECK_THROWS_AS(add_process(table, 101), shm::Failure);
}

TEST_CASE("a change that a death cut off is undone before the count, and kept after it") {
    for (const int stores : {1, 2, 3, 4}) {
        const bool kept = stores == 4;
        Table table{};
        add_process(table, 11);
        table.changing = 1;  // as add_process() does, store by store
        if (stores >= 2) table.pids[1] = 22;
        if (stores >= 3) table.pid_sum += 22;
        if (stores >= 4) table.count = 2;
        CHECK(repair(table));
        CHECK(table.changing == 0);
        CHECK(table.count == (kept ? 2 : 1));
        CHECK(table.pids[0] == 11);
        CHECK(table.pids[1] == (kept ? 22 : 0));
        CHECK(table.pid_sum == (kept ? 33 : 11));
        CHECK_FALSE(repair(table));
        CHECK(add_process(table, 33) == (kept ? 3 : 2));
    }
}

TEST_CASE("a death at the last entry is repaired within the table") {
    Table table{};
    for (pid_t pid = 1; pid < 100; ++pid) add_process(table, pid);
    table.changing = 1;
    table.pids[99] = 100;
    table.count = 100;
    CHECK(repair(table));
    CHECK(table.count == 100);
    CHECK(table.pids[99] == 100);
    table.changing = 1;
    table.count = 4'000'000'000;  // nonsense
    CHECK(repair(table));
    CHECK(table.count == 100);
}

TEST_CASE("after every single instruction of a change, a death could be repaired") {
    if (thread_sanitizer)
        return testing::skip("ThreadSanitizer's own code is stepped through, too");
    const Shared<Table> table;
    add_process(*table, 11);
    Forked child([&] {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
        raise(SIGSTOP);
        add_process(*table, 22);
        return 0;
    });
    int status = 0;
    REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
    if (!WIFSTOPPED(status)) return testing::skip("a process may not trace its child");
    std::set<std::uint32_t> counts;  // that were found
    bool disagreed = false;          // there was something to repair
    while (table->count < 2 || table->changing != 0) {
        // What the child has stored so far is what its death would leave.
        Table found{};
        std::memcpy(static_cast<void*>(&found), &*table, sizeof(Table));
        repair(found);
        REQUIRE(found.changing == 0);
        REQUIRE((found.count == 1 || found.count == 2));
        REQUIRE(found.pids[0] == 11);
        REQUIRE(found.pids[1] == (found.count == 2 ? 22 : 0));
        REQUIRE(found.pid_sum == (found.count == 2 ? 33 : 11));
        counts.insert(table->count);
        if (table->count == 1 && table->pid_sum == 33) disagreed = true;
        REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        REQUIRE(WIFSTOPPED(status));
    }
    CHECK(counts.size() == 2);  // before the count was raised, and between that and the end
    CHECK(disagreed);
}

TEST_CASE("after every single instruction of a repair, it can be begun again") {
    if (thread_sanitizer)
        return testing::skip("ThreadSanitizer's own code is stepped through, too");
    const Shared<Table> table;
    add_process(*table, 11);
    table->changing = 1;  // as a death leaves it before the count is raised
    table->pids[1] = 22;
    table->pid_sum = 33;
    Forked child([&] {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
        raise(SIGSTOP);
        repair(*table);
        return 0;
    });
    int status = 0;
    REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
    if (!WIFSTOPPED(status)) return testing::skip("a process may not trace its child");
    while (table->changing != 0) {
        Table found{};
        std::memcpy(static_cast<void*>(&found), &*table, sizeof(Table));
        REQUIRE(repair(found));
        REQUIRE(is_whole(found));
        REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        REQUIRE(WIFSTOPPED(status));
    }
    CHECK(is_whole(*table));  // at once: nobody will look whether there is something to repair
}

namespace {

/// Lets `body` make so many instructions on a table of one entry, has a peer write 4'000'000'000 as
/// its count, and lets `body` go on. Returns how that ended, "stopped" where it may not be traced,
/// and "" if `body` was through before.
std::string ends_with_a_changed_count(unsigned instructions,
                                      const std::function<void(Table&)>& body) {
    const Shared<Table> table;
    add_process(*table, 11);
    table->changing = 1;  // both bodies end by storing 0 there
    Forked child([&] {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == -1) return 3;
        Table other = {};
        body(other);  // so that no name is looked up for the first time while we are stepped
        raise(SIGSTOP);
        try {
            body(*table);
        } catch (const shm::Failure&) {  // "the table is full": it looked behind the change
        }
        return 0;
    });
    int status = 0;
    REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
    if (!WIFSTOPPED(status)) return "stopped";
    for (unsigned i = 0; i < instructions; ++i) {
        if (table->changing == 0) return "";
        REQUIRE(ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0);
        REQUIRE(waitpid(child.pid(), &status, 0) == child.pid());
        REQUIRE(WIFSTOPPED(status));
    }
    table->count = 4'000'000'000;
    REQUIRE(ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr) == 0);
    return child.wait().status;
}

}  // namespace

TEST_CASE("a count that changes after any instruction leads no process out of the table") {
    if (thread_sanitizer)
        return testing::skip("ThreadSanitizer's own code is stepped through, too");
    const std::function<void(Table&)> bodies[] = {[](Table& table) { add_process(table, 22); },
                                                  [](Table& table) { repair(table); }};
    for (const auto& body : bodies) {
        unsigned instructions = 0;
        for (;; ++instructions) {
            const std::string status = ends_with_a_changed_count(instructions, body);
            if (status == "stopped") return testing::skip("a process may not trace its child");
            if (status.empty()) break;
            INFO("after " << instructions << " instructions");
            REQUIRE(status == "0");
        }
        CHECK(instructions > 10);
    }
}

TEST_CASE("a holder that is killed at any moment leaves a table that can be repaired") {
    for (const LockKind kind : kinds_given_back) {
        if (misses_robust_list(kind)) return;
        const Section section(kind);
        Table& table = *section.table;
        for (unsigned round = 0; round < 60; ++round) {
            Forked holder([&] {
                if (!section.lock->enter(100s)) return 1;
                repair(table);
                shm::say("inside");
                const pid_t self = getpid();
                for (;;) {
                    if (table.count == table_entries || table.pids[0] != self) {
                        table.changing = 1;
                        table.count = 0;
                        table.pid_sum = 0;
                        std::atomic_signal_fence(std::memory_order_seq_cst);  // count first
                        std::fill(std::begin(table.pids), std::end(table.pids), 0);
                        table.changing = 0;
                    }
                    add_process(table, self);
                }
            });
            holder.wait_for("inside");
            usleep(round * 7);
            holder.send(SIGKILL);
            REQUIRE(holder.wait().status == "SIGKILL");
            REQUIRE(section.lock->enter(100s));
            repair(table);
            const bool whole = is_whole(table);
            section.lock->leave();
            INFO("lock " << kind << ", round " << round << ", count " << table.count);
            REQUIRE(whole);
        }
    }
}

TEST_CASE("a lock that is held keeps others out until it is left") {
    for (const LockKind kind : kinds) {
        const Section section(kind);
        REQUIRE(section.lock->enter(0ns));
        CHECK(unit::in_child([&] { return section.lock->enter(20ms) ? 1 : 0; }).status == "0");
        section.lock->leave();
        CHECK(unit::in_child([&] {
                  if (!section.lock->enter(100s)) return 1;
                  section.lock->leave();
                  return 0;
              }).status == "0");
    }
}

TEST_CASE("a process that was inside and ended leaves the section free for one") {
    for (const LockKind kind : kinds) {
        INFO("lock " << kind);
        const Section section(kind);
        REQUIRE(unit::in_child([&] {
                    if (!section.lock->enter(0ns)) return 1;
                    section.lock->leave();
                    return 0;
                }).status == "0");
        CHECK(section.lock->enter(0ns));
        CHECK(unit::in_child([&] { return section.lock->enter(0ns) ? 1 : 0; }).status == "0");
        section.lock->leave();
    }
}

TEST_CASE("a lock is waited for as long as was asked, by a clock that nobody sets") {
    for (const LockKind kind : kinds) {
        INFO("lock " << kind);
        const Section section(kind);
        REQUIRE(section.lock->enter(0ns));
        REQUIRE(unit::in_child([&] {
                    const auto start = std::chrono::steady_clock::now();
                    const bool entered = section.lock->enter(50ms);
                    return !entered && std::chrono::steady_clock::now() - start >= 50ms ? 0 : 1;
                }).status == "0");
        if (!has_our_call_numbers()) return testing::skip("/proc/PID/syscall has other numbers");
        // As the kernel sees it: futex() is told by a flag which clock its moment is of.
        const Forked waiter([&] { return section.lock->enter(1h) ? 0 : 1; });
        unsigned long call = 0;
        unsigned long word = 0;
        unsigned long operation = 0;
        do {
            std::ifstream file("/proc/" + std::to_string(waiter.pid()) + "/syscall");
            if (!file) return testing::skip("/proc/PID/syscall cannot be read");
            call = SYS_getpid;  // "running" where it does not sleep
            file >> call >> std::hex >> word >> operation;
        } while (!is_futex(call) && !is_semaphore_set_wait(call));
        if (is_futex(call)) CHECK((operation & FUTEX_CLOCK_REALTIME) == 0);
        section.lock->leave();
    }
}

TEST_CASE("a process that sleeps is woken when the lock is left") {
    for (const LockKind kind : kinds) {
        INFO("lock " << kind);
        const Section section(kind);
        REQUIRE(section.lock->enter(0ns));
        Forked waiter([&] {
            shm::say("waiting");
            return section.lock->enter(1h) ? 0 : 1;  // in one wait: nothing else ends it in time
        });
        waiter.wait_for("waiting");
        while (!sleeps(waiter.pid())) usleep(1000);
        section.lock->leave();
        CHECK(waiter.wait().status == "0");
    }
}

TEST_CASE("the kernel gives a killed holder's lock back, but not a POSIX semaphore") {
    for (const LockKind kind : kinds) {
        if (misses_robust_list(kind)) return;
        const Section section(kind);
        Forked holder([&] {
            if (!section.lock->enter(100s)) return 1;
            shm::say("inside");
            shm::pause_for(1h);
            return 0;
        });
        holder.wait_for("inside");
        holder.send(SIGKILL);
        holder.wait();
        const bool is_given_back = kind != lock_posix;
        CHECK(section.lock->enter(is_given_back ? 100s : 20ms) == is_given_back);
        CHECK_FALSE(section.lock->when_holder_dies().empty());
        if (kind == lock_posix) {
            CHECK(has(section.lock->when_holder_dies(),
                      "the kernel does not give a POSIX semaphore back"));
        } else {
            section.lock->leave();
            CHECK(section.lock->enter(0ns));  // and it is a lock as before
            CHECK_FALSE(unit::in_child([&] { return section.lock->enter(0ns) ? 0 : 1; }).status ==
                        "0");
            section.lock->leave();
        }
    }
}

TEST_CASE("a semaphore set that is removed under a waiter is an error") {
    const Section section(lock_sysv);
    REQUIRE(semctl(section.semid, 0, IPC_RMID) == 0);
    CHECK(has(message_of<shm::Failure>([&] { static_cast<void>(section.lock->enter(1s)); }),
              "was removed by another process"));
    CHECK(change_semaphores(section.semid, {{semaphore::entry, +1, 0}}, 0ns) == Outcome::removed);
    CHECK_FALSE(check_owner_and_size(section.semid, "the set"));
}

TEST_CASE("several semaphores change together or not at all") {
    const Section section(lock_sysv);
    CHECK(change_semaphores(section.semid,
                            {{semaphore::attached, +1, 0}, {semaphore::entry, -1, 0}},
                            5ms) == Outcome::busy);
    CHECK(semctl(section.semid, semaphore::attached, GETVAL) == 0);
    CHECK(change_semaphores(section.semid,
                            {{semaphore::attached, +1, 0}, {semaphore::entry, +1, 0}},
                            0ns) == Outcome::done);
    CHECK(semctl(section.semid, semaphore::attached, GETVAL) == 1);
}

TEST_CASE("a set is ours if it holds our magic number") {
    const Section section(lock_sysv);
    CHECK(check_owner_and_size(section.semid, "the set"));
    CHECK(has(
        message_of<shm::Failure>([&] { static_cast<void>(check_magic(section.semid, "the set")); }),
        "the set: its third semaphore is 0, in ours it is 21333"));
    change_semaphores(section.semid, {{semaphore::initialised, set_magic, 0}}, 0ns);
    CHECK(check_magic(section.semid, "the set"));
}

namespace {

/// Two threads raise one plain number under the lock; returns what it is in the end.
std::uint32_t count_under(LockKind kind) {
    const Section both(kind);
    const auto second = open_lock(kind, *both.table, both.semid);
    std::uint32_t sum = 0;
    const auto add = [&sum](SectionLock& lock) {
        for (int i = 0; i < 2000; ++i) {
            while (!lock.enter(100s)) {
            }
            ++sum;
            lock.leave();
        }
    };
    std::thread other([&] { add(*second); });
    add(*both.lock);
    other.join();
    return sum;
}

}  // namespace

TEST_CASE("two threads lose no count under the System V semaphore") {
    if (thread_sanitizer) return testing::skip("ThreadSanitizer does not know semtimedop");
    CHECK(count_under(lock_sysv) == 4000);
}

TEST_CASE("two threads lose no count under the POSIX semaphore") {
    if (thread_sanitizer) return testing::skip("gcc's ThreadSanitizer does not know sem_clockwait");
    CHECK(count_under(lock_posix) == 4000);
}

TEST_CASE("two threads lose no count under the robust mutex") {
    if (thread_sanitizer) {
        return testing::skip("gcc's ThreadSanitizer does not know pthread_mutex_clocklock");
    }
    CHECK(count_under(lock_mutex) == 4000);
}

TEST_CASE("the first process creates, the last one removes") {
    const FreshKey key;
    for (const LockKind kind : kinds) {
        const auto deadline = Deadline::after(100s);
        const auto is_there = [&] { return key.has_segment() && key.has_semaphores(); };
        {
            auto first =
                std::make_unique<AttachedProcess>(key.value(), key.value(), kind, deadline);
            CHECK(is_there());
            const AttachedProcess second(key.value(), key.value(), kind, deadline);
            first->table().count = 7;
            CHECK(second.table().count == 7);
            first.reset();
            CHECK(is_there());
            REQUIRE(second.lock().enter(0ns));
            second.lock().leave();
        }
        CHECK_FALSE(key.has_segment());
        CHECK_FALSE(key.has_semaphores());
    }
}

TEST_CASE("the hundred and first worker is refused, and the hundred stay") {
    const FreshKey key;
    const AttachedProcess self(key.value(), key.value(), lock_sysv, Deadline::after(100s));
    Table& table = self.table();
    for (pid_t pid = 1; pid <= 100; ++pid) {
        REQUIRE(self.lock().enter(0ns));
        add_process(table, pid);
        self.lock().leave();
    }
    const std::string refusal =
        unit::in_child([&] {
            const AttachedProcess late(key.value(), key.value(), lock_sysv, Deadline::after(100s));
            add_process(late.table(), 101);
            return 0;
        }).err;
    CHECK(has(refusal, "the table is full"));
    CHECK(table.count == 100);
    CHECK(table.pids[99] == 100);
    CHECK(key.has_segment());
}

TEST_CASE("another lock than the first process's is refused, and the first goes on") {
    const FreshKey key;
    const AttachedProcess first(key.value(), key.value(), lock_sysv, Deadline::after(100s));
    CHECK(has(message_of<shm::Failure>([&] {
                  const AttachedProcess second(key.value(), key.value(), lock_mutex,
                                               Deadline::after(100s));
              }),
              "use another --lock"));
    const AttachedProcess third(key.value(), key.value(), lock_sysv, Deadline::after(100s));
    CHECK(third.lock().enter(0ns));
    third.lock().leave();
}

TEST_CASE("a mutex is refused between pid namespaces, and where they are not known") {
    const std::uint64_t ours = shm::pid_namespace().value();
    CHECK_NOTHROW(require_pid_namespace(lock_mutex, ours));
    CHECK(has(message_of<shm::Failure>([&] { require_pid_namespace(lock_mutex, ours + 1); }),
              "are of another pid namespace"));
    CHECK_THROWS_AS(require_pid_namespace(lock_mutex, 0), shm::Failure);
    CHECK_NOTHROW(require_pid_namespace(lock_sysv, 0));
    CHECK_NOTHROW(require_pid_namespace(lock_posix, ours + 1));
}

TEST_CASE("an entry that another process keeps closed is waited for until the deadline") {
    const FreshKey key;
    const AttachedProcess first(key.value(), key.value(), lock_sysv, Deadline::after(100s));
    const int semid = semget(key.value(), 0, 0600);
    REQUIRE(change_semaphores(semid, {{semaphore::entry, -1, 0}}, 0ns) == Outcome::done);
    CHECK(has(message_of<shm::Failure>([&] {
                  const AttachedProcess late(key.value(), key.value(), lock_sysv,
                                             Deadline::after(30ms));
              }),
              "a process has held the entry semaphore for too long"));
    REQUIRE(change_semaphores(semid, {{semaphore::entry, +1, 0}}, 0ns) == Outcome::done);
}

TEST_CASE("a ledger that a killed creator has not given its size is not mapped") {
    const unit::FreshName name;
    const int fd = shm_open(name.value().c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
    REQUIRE(fd != -1);
    CHECK(map_ledger(name.value().c_str(), false) == nullptr);
    CHECK(errno == ENODATA);
    REQUIRE(ftruncate(fd, sizeof(Ledger)) == 0);
    CHECK(map_ledger(name.value().c_str(), false) != nullptr);
    close(fd);
}

TEST_CASE("a forked child that leaves is not the one that is counted") {
    const FreshKey key;
    {
        const AttachedProcess self(key.value(), key.value(), lock_sysv, Deadline::after(100s));
        pid_t child = -1;
        {
            const AttachedProcess second(key.value(), key.value(), lock_sysv,
                                         Deadline::after(100s));
            child = checked::fork();
        }
        if (child == 0) _exit(0);
        REQUIRE(checked::waitpid(child) == 0);
        const int semid = semget(key.value(), 0, 0600);
        CHECK(semctl(semid, semaphore::attached, GETVAL) == 1);
        CHECK(semctl(semid, semaphore::entry, GETVAL) == 1);
    }
    CHECK_FALSE(key.has_segment());
    CHECK_FALSE(key.has_semaphores());
}
