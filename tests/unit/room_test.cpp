/// @file
/// Whether there is room: on this machine, and on machines that are made of a few files.

#include "common/kernel/room.hpp"

#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <fstream>

using shm::Limit;
using unit::has;
using unit::message_of;

namespace {

namespace fs = std::filesystem;

/// The files of a machine, as far as its memory's limits are concerned.
class Machine {
public:
    Machine() {
        std::string path = fs::temp_directory_path() / "machine-XXXXXX";
        REQUIRE(mkdtemp(path.data()) != nullptr);
        root_ = path;
        file("proc/meminfo", "MemTotal:     1000 kB\nMemFree:  10 kB\nMemAvailable:  600 kB\n");
    }
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    ~Machine() {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }
    void file(const std::string& path, const std::string& text) const {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }
    /// A line of mountinfo: `type` is mounted at `point`, where one sees the cgroup `root`.
    void mounted(const std::string& root, const std::string& point, const std::string& type,
                 const std::string& options) const {
        fs::create_directories(root_ / "proc/self");
        std::ofstream(root_ / "proc/self/mountinfo", std::ios::app)
            << "32 31 0:29 " << root << " " << (root_ / point).string()
            << " rw,relatime shared:1 - " << type << " cgroup " << options << "\n";
    }
    std::vector<Limit> limits() const { return shm::memory_limits(root_ / "proc"); }

private:
    fs::path root_;
};

}  // namespace

TEST_CASE("without cgroups the machine's available memory is the limit") {
    const Machine machine;
    const auto limits = machine.limits();
    REQUIRE(limits.size() == 1);
    CHECK(limits[0].name == "MemAvailable");
    CHECK(limits[0].most == 1024000);
    CHECK(shm::room_under(limits[0]) == 614400);
}

TEST_CASE("every cgroup around a process counts, in version 2") {
    const Machine machine;
    machine.mounted("/", "cgroup", "cgroup2", "rw");
    machine.file("proc/self/cgroup", "0::/a/b\n");
    machine.file("cgroup/a/b/memory.max", "max\n");
    machine.file("cgroup/a/b/memory.current", "5000\n");
    machine.file("cgroup/a/memory.max", "10000\n");
    machine.file("cgroup/a/memory.current", "8000\n");
    machine.file("cgroup/a/memory.stat", "anon 1\ninactive_file 300\nactive_file 200\nshmem 9\n");
    const auto limits = machine.limits();
    REQUIRE(limits.size() == 2);
    CHECK(limits[1].most == 10000);
    CHECK(shm::room_under(limits[1]) == 2500);  // the cache of files is given up when needed
    CHECK(has(limits[1].name, "/cgroup/a/memory.max"));
}

TEST_CASE("every cgroup around a process counts, in version 1") {
    const Machine machine;
    machine.mounted("/", "cpu", "cgroup", "rw,cpu");
    machine.mounted("/", "memory", "cgroup", "rw,memory");
    machine.file("proc/self/cgroup", "5:cpu:/x\n4:memory:/a/b\n0::/\n");
    machine.file("memory/a/b/memory.limit_in_bytes", "7000\n");
    machine.file("memory/a/b/memory.usage_in_bytes", "8000\n");  // over it for a moment
    machine.file("memory/a/memory.limit_in_bytes", "9000\n");
    machine.file("memory/a/memory.usage_in_bytes", "1000\n");
    machine.file("memory/a/memory.stat", "total_inactive_file 100\ntotal_active_file 50\n");
    machine.file("memory/memory.limit_in_bytes", "9223372036854771712\n");
    machine.file("memory/memory.usage_in_bytes", "1000\n");
    const auto limits = machine.limits();
    REQUIRE(limits.size() == 3);
    CHECK(shm::room_under(limits[1]) == 0);
    CHECK(shm::room_under(limits[2]) == 8150);
}

TEST_CASE("a container's own cgroup counts, mounted as if it were the outermost") {
    const Machine machine;
    machine.mounted("/docker/c1", "cgroup", "cgroup2", "rw");
    machine.file("proc/self/cgroup", "0::/docker/c1/task\n");
    machine.file("cgroup/task/memory.max", "3000\n");
    machine.file("cgroup/task/memory.current", "0\n");
    machine.file("cgroup/memory.max", "2000\n");
    machine.file("cgroup/memory.current", "500\n");
    const auto limits = machine.limits();
    REQUIRE(limits.size() == 3);
    CHECK(shm::room_under(limits[1]) == 3000);
    CHECK(shm::room_under(limits[2]) == 1500);
}

TEST_CASE("a cgroup that cannot be seen is left out, and what is mounted counts") {
    const Machine machine;
    machine.mounted("/", "cgroup", "cgroup2", "rw");
    machine.file("proc/self/cgroup", "0::/../elsewhere\n");
    machine.file("cgroup/memory.max", "2000\n");
    machine.file("cgroup/memory.current", "500\n");
    const auto limits = machine.limits();
    REQUIRE(limits.size() == 2);
    CHECK(shm::room_under(limits[1]) == 1500);
}

TEST_CASE("another cgroup's limit does not count, be its name how alike") {
    const Machine machine;
    machine.mounted("/a", "cgroup\\0401", "cgroup2", "rw");
    machine.file("cgroup 1/memory.max", "2000\n");
    machine.file("cgroup 1/memory.current", "500\n");
    machine.file("proc/self/cgroup", "0::/ab\n");
    CHECK(machine.limits().size() == 1);
    machine.file("proc/self/cgroup", "0::/a\n");
    CHECK(machine.limits().size() == 2);
}

TEST_CASE("what does not fit is refused with the tightest limit and the command that raises it") {
    const std::vector<Limit> limits = {{.name = "wide",
                                        .what = "a field",
                                        .unit = "bytes",
                                        .raise = "widen N",
                                        .most = 900,
                                        .used = 0},
                                       {.name = "/tight",
                                        .what = "a pipe",
                                        .unit = "bytes",
                                        .raise = "as root: bore,size=N /N (or: x=N)",
                                        .most = 300,
                                        .used = 200},
                                       {.name = "none",
                                        .what = "sky",
                                        .unit = "bytes",
                                        .raise = "",
                                        .most = shm::unlimited,
                                        .used = {}}};
    CHECK_NOTHROW(shm::require_room("/name", 100, limits));
    CHECK(message_of<shm::Failure>([&] { shm::require_room("/name", 101, limits); }) ==
          "/name: 101 bytes more do not fit: /tight (a pipe) has 100 left of 300; ask for less, or "
          "as root: bore,size=301 /N (or: x=301)");
    CHECK_NOTHROW(shm::require_room("/name", 1 << 30, {}));
}

TEST_CASE("a limit of the shell's is told in its own unit") {
    const std::vector<Limit> limits = {{.name = "RLIMIT_FSIZE",
                                        .what = "",
                                        .unit = "bytes",
                                        .raise = "ulimit -f N (in KiB)",
                                        .most = 0,
                                        .used = {}}};
    CHECK(has(message_of<shm::Failure>([&] { shm::require_room("/name", 1025, limits); }),
              "ulimit -f 2 (in KiB)"));
}

TEST_CASE("this machine has room for a page, and none for more than it has") {
    CHECK_NOTHROW(shm::require_room("/name", 4096, shm::object_limits(0)));
    const std::string message = message_of<shm::Failure>(
        [] { shm::require_room("/name", std::uint64_t{1} << 60U, shm::object_limits(0)); });
    CHECK(has(message, "do not fit: "));
}

TEST_CASE("a size is rounded up to whole pages") {
    const std::size_t page = shm::page_size();
    CHECK(shm::whole_pages(page) == page);
    CHECK(shm::whole_pages(1) == page);
    CHECK(shm::whole_pages(page + 1) == 2 * page);
}
