/// @file
/// Why a call on a segment or a semaphore set failed. Each call really fails, where that can be
/// had.

#include "common/kernel/checked.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/kernel/reason.hpp"
#include "common/program/console.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>     // open
#include <sched.h>     // CLONE_NEWUSER, unshare
#include <sys/mman.h>  // shm_open
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

using unit::has;

namespace {

int make_set(const unit::FreshKey& key, int count) {
    return checked::semget(key.value(), count, IPC_CREAT | IPC_EXCL | 0600);
}

/// Returns the message of a semop that is refused.
std::string refused(int semid, std::vector<sembuf> operations) {
    return unit::message_of<shm::SystemError>(
        [&] { checked::semop(semid, operations.data(), operations.size()); });
}

}  // namespace

TEST_CASE("root of a user namespace is told to remove what it may, and else whom to ask") {
    if (geteuid() != 0) return testing::skip("only root can make what is a stranger's");
    constexpr uid_t stranger = 12345;
    const unit::FreshName name;
    const shm::Descriptor object(shm_open(name.value().c_str(), O_CREAT | O_RDWR, 0600));
    const unit::FreshKey key;
    const int shmid = shmget(key.value(), 1, IPC_CREAT | 0600);
    shmid_ds record = {};
    checked::shmctl(shmid, IPC_STAT, &record);
    record.shm_perm.uid = stranger;
    if (fchown(object.get(), stranger, stranger) == -1 || shmctl(shmid, IPC_SET, &record) == -1) {
        return testing::skip("may give nothing away");
    }
    const auto taken = [&] {
        shm::say("{}", shm::why_shm_open(EEXIST, name.value().c_str(), O_CREAT));
        shm::say("{}", shm::why_shmget(EEXIST, key.value(), 1, IPC_CREAT | IPC_EXCL));
        return 0;
    };
    const auto inside = unit::in_child([&] {
        if (unshare(CLONE_NEWUSER) == -1) return 77;
        const shm::Descriptor map(open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC));
        constexpr std::string_view only_root = "0 0 1";
        if (write(map.get(), only_root.data(), only_root.size()) == -1) return 77;
        taken();
        return shm_unlink(name.value().c_str()) == 0 ? 0 : 1;  // last: who is right?
    });
    if (inside.status == "77") return testing::skip("no user namespace to be had");
    INFO(inside.out);
    // The owner of /dev/shm may, whatever namespace it is in.
    CHECK(has(inside.out, inside.status == "0" ? "remove it: rm /dev/shm" + name.value()
                                               : "choose another name, or ask its owner"));
    CHECK(has(inside.out, "choose another key, or ask its owner"));
    CHECK_FALSE(has(inside.out, "ipcrm "));
    if (!shm::in_first_user_namespace()) return;
    const auto outside = unit::in_child(taken);
    CHECK(has(outside.out, "remove it: ipcrm -M"));
}

TEST_CASE("IPC_SET is a command: what it refuses with EINVAL is the account") {
    const unit::FreshKey key;
    const int shmid = checked::shmget(key.value(), 1, IPC_CREAT | IPC_EXCL | 0600);
    auto segment = shmid_ds{};
    checked::shmctl(shmid, IPC_STAT, &segment);
    segment.shm_perm.uid = static_cast<uid_t>(-1);  // no user namespace maps it
    const int semid = make_set(key, 1);
    auto set = semid_ds{};
    checked::semctl(semid, 0, IPC_STAT, &set);
    set.sem_perm.gid = static_cast<gid_t>(-1);
    for (const auto& text :
         {unit::message_of<shm::SystemError>([&] { checked::shmctl(shmid, IPC_SET, &segment); }),
          // 7: the index is of no meaning to IPC_SET
          unit::message_of<shm::SystemError>([&] { checked::semctl(semid, 7, IPC_SET, &set); })}) {
        CHECK(has(text,
                  "its new owner or group is none that this user namespace maps; see: cat "
                  "/proc/self/uid_map /proc/self/gid_map"));
    }
}

TEST_CASE("the limit on locked segments is the account's: what mlock has locked is not in use") {
    const unit::FreshKey key;
    const int shmid = checked::shmget(key.value(), 1, IPC_CREAT | IPC_EXCL | 0600);
    const std::string reason = shm::why_shmctl(ENOMEM, shmid, SHM_LOCK);
    CHECK(has(reason, "RLIMIT_MEMLOCK is "));
    CHECK(has(reason, "it holds for all locked segments of this user together"));
    CHECK_FALSE(has(reason, "in use"));
}

TEST_CASE("operations are made one after the other: the value that each finds is said") {
    const unit::FreshKey key;
    const int semid = make_set(key, 2);
    CHECK(has(refused(semid, {{0, 20000, 0}, {1, 1, 0}, {0, 20000, 0}}),
              "semaphore 0 is 20000 after the operations before, and 20000 more exceed 32767"));
    CHECK(has(refused(semid, {{0, 1, 0}, {0, -2, IPC_NOWAIT}}),
              "semaphore 0 is 1 after the operations before, and would have to be at least 2"));
    checked::semctl(semid, 0, SETVAL, 32767);
    CHECK(has(refused(semid, {{0, 1, 0}}), "semaphore 0 is 32767, and 1 more exceed 32767"));
    // 32767 - 1 + 1: each by itself would fail otherwise
    auto fits = std::vector<sembuf>{{0, -1, 0}, {0, 1, 0}, {1, 32767, 0}, {1, 1, 0}};
    CHECK(has(refused(semid, fits), "semaphore 1 is 32767 after the operations before"));
}

TEST_CASE("what SEM_UNDO would have to undo is named only where an operation asks for it") {
    const unit::FreshKey key;
    const int semid = make_set(key, 1);
    sembuf change = {0, 1, 0};  // it fits by now
    CHECK(shm::why_semop(ERANGE, semid, &change, 1) == "a value would exceed 32767 (SEMVMX)");
    change.sem_flg = SEM_UNDO;
    CHECK(shm::why_semop(ERANGE, semid, &change, 1) ==
          "a value, or what SEM_UNDO would have to undo, exceeds 32767 (SEMVMX, SEMAEM)");
    CHECK(has(refused(semid, {{0, 20000, SEM_UNDO}, {0, -20000, 0}, {0, 20000, SEM_UNDO}}),
              "a value, or what SEM_UNDO would have to undo, exceeds 32767"));
}
