/// @file
/// Why a call failed: each reason is asked for as if the call had failed, with its own arguments.

#include "common/kernel/reason.hpp"
#include "common/kernel/checked.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/program/console.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>     // F_ADD_SEALS
#include <sched.h>     // CLONE_NEWNS, unshare
#include <sys/mman.h>  // memfd_create, PROT_WRITE
#include <sys/mount.h>
#include <sys/sem.h>  // SETALL
#include <sys/shm.h>
#include <unistd.h>  // sysconf

#include <cerrno>
#include <limits>

using shm::Descriptor;
using unit::has;

namespace {

constexpr auto largest = std::numeric_limits<off_t>::max();

/// More than any machine has, where a size can be so large.
constexpr auto too_much = static_cast<std::size_t>(
    std::min<std::uint64_t>(std::uint64_t{1} << 50U, std::numeric_limits<std::size_t>::max() / 2));

}  // namespace

TEST_CASE("a size that no address space has is said to be one") {
    constexpr auto size = static_cast<std::size_t>(-4096);
    CHECK(has(shm::why_shmget(EINVAL, 1, size, 0), "was a negative number taken for a size?"));
    CHECK(has(shm::why_mmap(ENOMEM, size, PROT_READ, MAP_SHARED, -1, 0), "any address space"));
    // 32 bits have no size that is both positive for all and more than there are addresses
    constexpr auto positive = static_cast<std::size_t>(std::uint64_t{1} << 62U);
    if (positive == 0) return;
    const auto reason = shm::why_mmap(ENOMEM, positive, PROT_READ, MAP_SHARED, -1, 0);
    CHECK(has(reason, "any address space has; look where the size comes from"));
}

TEST_CASE(
    "where a sealed memfd may not be shared, even for reading, a private mapping is the cure") {
    const Descriptor fd(memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE) == 0);
    const auto why = [&](int protection) {
        return shm::why_mmap(EPERM, 4096, protection, MAP_SHARED, fd.get(), 0);
    };
    CHECK(why(PROT_READ) == "F_SEAL_WRITE is on it: map it MAP_PRIVATE");
    CHECK(why(PROT_READ | PROT_WRITE) == "F_SEAL_WRITE is on it: map it PROT_READ");
}

TEST_CASE("a segment that does not fit is not laid at the address space's door") {
    const auto reason = shm::why_shmget(ENOMEM, 1, too_much, 0);
    CHECK_FALSE(has(reason, "RLIMIT_AS"));
    CHECK_FALSE(has(reason, "max_map_count"));
}

TEST_CASE("only mappings that take memory fail for want of it") {
    const auto says_memory = [](int protection, int flags) {
        return has(shm::why_mmap(ENOMEM, too_much, protection, flags, 0, 0), "the machine has");
    };
    CHECK_FALSE(says_memory(PROT_READ, MAP_PRIVATE));
    CHECK_FALSE(says_memory(PROT_WRITE, MAP_SHARED));
    if (sizeof(std::size_t) == 4) return testing::skip("a machine may have more than 4 GiB");
    CHECK(says_memory(PROT_WRITE, MAP_PRIVATE));
}

TEST_CASE("a mapping that may not become writable has three possible pasts") {
    const auto reason = shm::why_mprotect(EACCES, nullptr, PROT_WRITE);
    CHECK(has(reason, "for reading only"));
    CHECK(has(reason, "a seal"));
    CHECK(has(reason, "SHM_RDONLY"));
}

TEST_CASE("mlock fails beyond the end of an object, and for want of memory") {
    CHECK(has(shm::why_mlock(ENOMEM, 1), "beyond the end of the object"));
    CHECK(shm::why_mlock(EAGAIN, 1).empty());
}

TEST_CASE("a range that ends beyond the largest number is no negative size") {
    const Descriptor fd(memfd_create("range", MFD_CLOEXEC));
    CHECK(
        has(shm::why_posix_fallocate(EFBIG, fd.get(), largest, largest), std::to_string(largest)));
}

TEST_CASE("the value is named only where there was one") {
    CHECK(has(shm::why_semctl(ERANGE, -1, 0, SETVAL, 40000), "not 40000"));
    CHECK_FALSE(has(shm::why_semctl(ERANGE, -1, 0, SETALL, 0), "not 0"));
}

TEST_CASE("a name without a slash is looked for in the right place") {
    const unit::FreshName name;
    const Descriptor fd(shm_open(name.value().c_str(), O_CREAT | O_RDWR, 0600));
    const char* without_slash = name.value().c_str() + 1;
    CHECK(has(shm::why_shm_open(EEXIST, without_slash, O_CREAT), "rm /dev/shm" + name.value()));
}

TEST_CASE("the cure for an odd name removes that object and nothing else") {
    const unit::FreshName name;
    const std::string odd = name.value() + " x; echo \"it's\"";
    const Descriptor object(shm_open(odd.c_str(), O_CREAT | O_RDWR, 0600));
    const std::string reason = shm::why_shm_open(EEXIST, odd.c_str(), O_CREAT);
    const std::string cure = reason.substr(reason.find("rm "));
    CHECK(unit::printed("bash", cure).empty());
    CHECK(access(("/dev/shm" + odd).c_str(), F_OK) == -1);
    shm_unlink(odd.c_str());
    CHECK(has(shm::why_mq_open(EEXIST, "/a b;c", 0, 0), "rm '/dev/mqueue/a b;c' (mount"));
}

TEST_CASE("what its mode allows was refused by something else") {
    const unit::FreshName name;
    const char* object = name.value().c_str();
    const Descriptor fd(shm_open(object, O_CREAT | O_RDWR, 0600));
    for (const std::string& reason :
         {shm::why_shm_open(EACCES, object, O_RDWR), shm::why_shm_unlink(EACCES, object)}) {
        CHECK(has(reason, "it belongs to you, mode 0600"));
        CHECK(has(reason, "refuses it"));
        CHECK_FALSE(has(reason, "ask its owner"));
    }
    const unit::FreshKey key;
    const int shmid = shmget(key.value(), 1, IPC_CREAT | 0600);
    CHECK(has(shm::why_shmget(EACCES, key.value(), 1, 0600), "mode 0600, which allows it: "));
    CHECK(has(shm::why_shmat(EACCES, shmid, nullptr, 0), "refuses it"));
}

TEST_CASE("what its own mode forbids its owner is told from what a module forbids") {
    const auto ended = unit::in_child([] {
        // Root may do what no mode allows.
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) == -1) return 77;
        const unit::FreshName name;
        const Descriptor fd(shm_open(name.value().c_str(), O_CREAT | O_RDWR, 0400));
        const std::string open = shm::why_shm_open(EACCES, name.value().c_str(), O_RDWR);
        const unit::FreshKey key;
        const int shmid = shmget(key.value(), 1, IPC_CREAT | 0400);
        const std::string attach = shm::why_shmat(EACCES, shmid, nullptr, 0);
        shmctl(shmid, IPC_RMID, nullptr);
        return has(open, "change that: chmod u+rw /dev/shm" + name.value()) &&
                       has(attach, "which does not allow it: ask for less")
                   ? 0
                   : 1;
    });
    if (ended.status == "77") return testing::skip("a namespace of one user");
    CHECK(ended.status == "0");
}

TEST_CASE(
    "where all strangers look like oneself, what a stranger's mode forbids is no module's doing") {
    if (geteuid() != 0) return testing::skip("only root can make what is a stranger's");
    const unit::FreshName name;
    const Descriptor fd(shm_open(name.value().c_str(), O_CREAT | O_RDWR, 0600));
    const unit::FreshKey key;
    const int shmid = shmget(key.value(), 1, IPC_CREAT | 0600);
    const auto ended = unit::in_child([&] {
        if (setuid(12345) == -1 || unshare(CLONE_NEWUSER) == -1) return 77;
        shm::say("{}", shm::why_shm_open(EACCES, name.value().c_str(), O_RDWR));
        shm::say("{}", shm::why_shm_unlink(EACCES, name.value().c_str()));
        shm::say("{}", shm::why_shm_open(EEXIST, name.value().c_str(), O_CREAT));
        shm::say("{}", shm::why_shmat(EACCES, shmid, nullptr, 0));
        return 0;
    });
    if (ended.status == "77") return testing::skip("no user namespace to be had");
    INFO(ended.out);
    CHECK(ended.status == "0");
    CHECK_FALSE(has(ended.out, "belongs to you"));
    CHECK_FALSE(has(ended.out, "which allows it"));
    CHECK_FALSE(has(ended.out, "rm "));
    CHECK(has(ended.out, "as which this user namespace shows all whom it does not map"));
}

TEST_CASE("a /dev/shm that is missing or read-only is told from an object that is missing") {
    const auto ended = unit::in_child([] {
        try {
            shm::enter_namespaces(CLONE_NEWNS, shm::Inside::root);
        } catch (const std::exception&) {
            return 77;
        }
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
        if (mount("none", "/dev/shm", "tmpfs", MS_RDONLY, nullptr) == -1) return 77;
        const bool is_read_only =
            has(shm::why_shm_open(EROFS, "/x", O_CREAT), "mount -o remount,rw /dev/shm") &&
            shm::why_shm_folder(ENOENT).empty();
        if (mount("none", "/dev", "tmpfs", 0, nullptr) == -1) return 77;
        const std::string cure = "mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm";
        const bool is_missing = has(shm::why_shm_open(ENOENT, "/x", O_RDWR), cure) &&
                                has(shm::why_sem_open(ENOENT, "/x", O_CREAT), cure) &&
                                has(shm::why_shm_unlink(ENOENT, "/x"), cure) &&
                                has(shm::why_shm_folder(ENOENT), cure);
        return is_read_only && is_missing ? 0 : 1;
    });
    if (ended.status == "77") return testing::skip("may mount nothing");
    CHECK(ended.status == "0");
}

TEST_CASE("where a look finds nothing, what holds for any call is said") {
    // No object, segment or set is there that these could find.
    const unit::FreshName name;
    const char* object = name.value().c_str();
    CHECK(shm::why_shm_open(ENOENT, object, O_RDWR) == "no process has created it");
    CHECK(shm::why_sem_open(ENOENT, object, 0) == "no process has created it");
    CHECK(has(shm::why_shm_open(EMFILE, object, O_RDWR), "RLIMIT_NOFILE"));
    CHECK(has(shm::why_posix_fallocate(ENOSPC, -1, 0, 1), "df -h -i /dev/shm"));
    CHECK(has(shm::why_mmap(ENOMEM, 1, PROT_READ, MAP_SHARED, -1, 0), "free -h and ulimit -v"));
    CHECK(has(shm::why_shmget(ENOMEM, IPC_PRIVATE, 1, 0), "free -h"));
    CHECK(has(shm::why_semop(EIDRM, -1, nullptr, 0), "removed while it was in use"));
    CHECK(has(shm::why_any_call(EFBIG), "ulimit -f"));
    CHECK(shm::why_any_call(EINVAL).empty());
}

TEST_CASE("a lock whose owner died says what to do") {
    CHECK(has(shm::why_lock(EOWNERDEAD), "repair the data, then pthread_mutex_consistent"));
    CHECK(has(shm::why_lock(ENOTRECOVERABLE), "make a new one"));
    CHECK(has(shm::why_lock(ETIMEDOUT), "perhaps one that died"));
    CHECK(has(shm::why_lock(ENOMEM), "free -h"));
}

TEST_CASE("a queue that may not be opened is refused by the limit that is met") {
    const auto reason = shm::why_mq_open(EMFILE, "/queue", 0, 0);  // descriptors are left
    CHECK(has(reason, "RLIMIT_MSGQUEUE"));
}

TEST_CASE("an empty pool of huge pages is named, not the memory, not the file system") {
    const Descriptor fd(memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB));
    if (!fd.is_open()) return testing::skip("this kernel has no huge pages");
    CHECK(has(shm::why_mmap(ENOMEM, 1, PROT_READ, MAP_SHARED, fd.get(), 0), "vm.nr_hugepages"));
    CHECK(has(shm::why_posix_fallocate(ENOSPC, fd.get(), 0, 1), "vm.nr_hugepages"));
}

TEST_CASE("a segment that may not be locked is refused by the limit on locked memory") {
    const unit::FreshKey key;
    const int shmid = checked::shmget(key.value(), 1, IPC_CREAT | IPC_EXCL | 0600);
    CHECK(has(shm::why_shmctl(ENOMEM, shmid, SHM_LOCK), "RLIMIT_MEMLOCK"));
    CHECK(has(shm::why_shmctl(EPERM, shmid, SHM_LOCK), "RLIMIT_MEMLOCK"));
    checked::shmctl(shmid, IPC_RMID, nullptr);
    const auto text =
        unit::message_of<shm::SystemError>([&] { checked::shmctl(shmid, SHM_UNLOCK, nullptr); });
    CHECK(has(text, "shmctl SHM_UNLOCK segment"));  // its number is GETVAL's
}
