/// @file
/// common/kernel/limits.hpp.

#include "common/kernel/limits.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "tests/own_namespaces.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

using shm::Limit;

namespace {

Limit made(std::uint64_t most, std::optional<std::uint64_t> used) {
    return {.name = "kernel.shmmni",
            .what = "",
            .unit = "segments",
            .raise = "",
            .most = most,
            .used = used};
}

}  // namespace

TEST_CASE("how near a limit is, is a whole percentage, or unknown") {
    CHECK(shm::percent_used(made(200, 0)) == 0U);
    CHECK(shm::percent_used(made(200, 1)) == 0U);
    CHECK(shm::percent_used(made(200, 199)) == 99U);
    CHECK(shm::percent_used(made(200, 200)) == 100U);
    CHECK(shm::percent_used(made(200, 300)) == 100U);
    CHECK_FALSE(shm::percent_used(made(200, {})).has_value());
    CHECK_FALSE(shm::percent_used(made(shm::unlimited, 5)).has_value());
    CHECK_FALSE(shm::percent_used(made(0, 0)).has_value());
}

TEST_CASE("a limit's text says what is used, where that is known") {
    CHECK(shm::limit_text(made(200, 17)) == "kernel.shmmni is 200 segments, 17 in use");
    CHECK(shm::limit_text(made(200, {})) == "kernel.shmmni is 200 segments");
    CHECK(shm::limit_text(made(shm::unlimited, 3)) == "kernel.shmmni is unlimited, 3 in use");
}

TEST_CASE("what is made counts against its limit, and nothing else") {
    OWN_NAMESPACES_OR_SKIP();
    CHECK(shm::shmmni().used == 0U);
    checked::shmget(IPC_PRIVATE, 4097, 0600);
    CHECK(shm::shmmni().used == 1U);
    CHECK(shm::shmall().used == 2U);  // pages
    CHECK(shm::semmni().used == 0U);

    checked::semget(IPC_PRIVATE, 7, 0600);
    CHECK(shm::semmni().used == 1U);
    CHECK(shm::semmns().used == 7U);
    CHECK(shm::msgmni().used == 0U);

    shm::check(msgget(IPC_PRIVATE, 0600), "msgget", "a queue");
    CHECK(shm::msgmni().used == 1U);

    const auto files = shm::file_system_files("/dev/shm");
    const auto bytes = shm::file_system_bytes("/dev/shm");
    const int fd = checked::shm_open("/limits", O_CREAT | O_RDWR, 0600);
    checked::posix_fallocate(fd, 0, 8192);
    CHECK(shm::file_system_files("/dev/shm")->used == *files->used + 1);
    CHECK(shm::file_system_bytes("/dev/shm")->used == *bytes->used + 8192);
}

TEST_CASE("a process's own limits come with what it uses") {
    const auto before = shm::process_limit(RLIMIT_NOFILE).used;
    REQUIRE(before.has_value());
    std::uint64_t open = 0;
    for (int each = 0; each < 1024; ++each) {
        if (fcntl(each, F_GETFD) != -1) ++open;
    }
    CHECK(*before == open);
    const int fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
    CHECK(shm::process_limit(RLIMIT_NOFILE).used == *before + 1);
    close(fd);
    CHECK(shm::process_limit(RLIMIT_AS).used > 0U);
    CHECK(shm::map_count()->used > 0U);
    CHECK_THROWS_AS(shm::process_limit(-1), shm::SystemError);
}

TEST_CASE("huge pages that are reserved count as used") {
    std::string folder = std::filesystem::temp_directory_path() / "shm-unit-XXXXXX";
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    const shm::Cleanup remove([&] { std::filesystem::remove_all(folder); });
    std::ofstream(folder + "/meminfo") << "MemTotal:  1024 kB\nHugePages_Total:      10\n"
                                          "HugePages_Free:        7\nHugePages_Rsvd:        2\n"
                                          "HugePages_Surp:        0\n";
    const auto pool = shm::huge_pages(folder);
    REQUIRE(pool.has_value());
    CHECK(pool->most == 10);
    CHECK(pool->used == 5U);  // three that a process has, two that a mapping may touch any time
    CHECK_FALSE(shm::huge_pages(folder + "/none").has_value());
}

TEST_CASE("what is not there has no limit") {
    CHECK_FALSE(shm::sysctl_limit("kernel.no_such_limit", "", "").has_value());
    CHECK_FALSE(shm::file_system_bytes("/no/such/folder").has_value());
}

TEST_CASE("every limit is named once, with its unit and the command that raises it") {
    std::set<std::string> names;
    for (const Limit& limit : shm::limits()) {
        INFO(limit.name);
        CHECK(names.insert(limit.name + limit.what).second);
        CHECK_FALSE(limit.what.empty());
        CHECK_FALSE(limit.unit.empty());
        CHECK(limit.raise.find('N') != std::string::npos);
    }
    for (const char* wanted : {"kernel.shmmax", "kernel.shmall", "kernel.shmmni", "kernel.msgmnb",
                               "kernel.sem (semmni)", "kernel.sem (semmns)", "RLIMIT_MEMLOCK"}) {
        INFO(wanted);
        CHECK(std::any_of(names.begin(), names.end(),
                          [&](const std::string& name) { return name.starts_with(wanted); }));
    }
}

TEST_CASE("a limit of processes is raised by root or, where root may not, from outside") {
    const auto raise = [](uid_t uid) {
        return unit::in_child([uid] {
            if (geteuid() != uid && setresuid(uid, uid, uid) == -1) return 77;
            shm::say("{}", shm::process_limit(RLIMIT_MSGQUEUE).raise);
            const rlimit low = {.rlim_cur = 0, .rlim_max = 1000};
            const rlimit higher = {.rlim_cur = 0, .rlim_max = 1001};
            setrlimit(RLIMIT_MSGQUEUE, &low);
            return setrlimit(RLIMIT_MSGQUEUE, &higher) == 0 ? 0 : 1;
        });
    };
    if (geteuid() != 0) return testing::skip("needs root");
    const unit::Ended root = raise(0);
    const bool may = root.status == "0";  // as the kernel says
    CHECK(root.out ==
          (may ? "ulimit -q N (as root, or up to: ulimit -H -q)\n"
               : "ulimit -q N (up to: ulimit -H -q; more only from outside: docker run --ulimit "
                 "msgqueue=N)\n"));
    const unit::Ended other = raise(12345);
    if (other.status == "1") CHECK(other.out == root.out);
}

TEST_CASE("where /proc/sys is read-only, as in a container, a limit is raised from outside") {
    OWN_NAMESPACES_OR_SKIP();
    struct statvfs facts = {};
    shm::check(statvfs("/proc/sys", &facts), "statvfs", "/proc/sys");
    if ((facts.f_flag & ST_RDONLY) == 0) {  // else it is read-only from the start
        CHECK(shm::shmmax().raise == "sysctl -w kernel.shmmax=N");
        CHECK(shm::map_count()->raise == "sysctl -w vm.max_map_count=N");
    }
    shm::check(mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr), "mount", "/proc/sys");
    shm::check(mount(nullptr, "/proc/sys", nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr),
               "mount, read-only", "/proc/sys");
    CHECK(shm::shmmax().raise ==
          "docker run --sysctl kernel.shmmax=N (here /proc/sys is read-only)");
    CHECK(shm::semmni().raise.starts_with("docker run --sysctl kernel.sem='"));
    CHECK(shm::sysctl_limit("fs.mqueue.msg_max", "", "")->raise.starts_with("docker run --sysctl"));
    CHECK(shm::map_count()->raise ==
          "on the host: sysctl -w vm.max_map_count=N (here /proc/sys is read-only)");
}
