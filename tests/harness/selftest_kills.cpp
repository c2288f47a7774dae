/// @file
/// Before which of its system calls a learner's program is killed.

#include "tests/harness/kills.hpp"
#include "tests/harness/selftest.hpp"

#include <algorithm>
#include <fstream>

using namespace harness;
using namespace harness::selftest;

namespace {

/// Reads the points out of what strace wrote down.
KillPoints points_of(const std::string& calls) {
    const LessonFolder folder(lesson_with(""));
    std::ofstream(folder.path() / "calls") << calls;
    return kill_points(folder.path() / "calls", "01.2");
}

/// Each point as "its text: how many calls of this name".
std::vector<std::string> all_of(const KillPoints& points) {
    std::vector<std::string> all;
    all.reserve(points.all.size());
    for (const KillPoint& one : points.all) {
        all.push_back(one.text + ": " + std::to_string(one.number));
    }
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("kill points begin with the first call on the object, and count the calls before it") {
    CHECK(all_of(points_of(
              R"(7 execve("a", ["a", "/dev/shm/lesson-01.2-0a1b2c"], 0x7f /* 9 vars */) = 0
7 openat(AT_FDCWD, "/dev/shm/another", O_RDONLY|O_CLOEXEC) = 3
7 futex(0x7f, FUTEX_WAKE_PRIVATE, 1) = 0
7 openat(AT_FDCWD, "/dev/shm/lesson-01.2-0a1b2c.guard", O_RDWR|O_CLOEXEC) = 3
7 close(3)          = 0
7 +++ exited with 0 +++
)")) == Texts{R"(openat("/dev/shm/NAME.guard", O_RDWR|O_CLOEXEC): 2)", "close(3): 1"});
}

TEST_CASE("kill points begin with System V memory, and with a futex that processes share") {
    CHECK(all_of(points_of("7 shmget(0x1, 0, 0600) = 1\n")) == Texts{"shmget(0x1, 0, 0600): 1"});
    CHECK(all_of(points_of("7 semtimedop(0, [], 1, NULL <unfinished ...>\n7 <... semtimedop "
                           "resumed>) = 0\n")) == Texts{"semtimedop(0, [], 1, NULL: 1"});
    CHECK(all_of(points_of("7 futex(0x7f, FUTEX_WAKE, 1) = 0\n")) ==
          Texts{"futex(0x7f, FUTEX_WAKE, 1): 1"});
}

TEST_CASE("the calls of each process are counted for themselves") {
    CHECK(all_of(points_of("7 write(1, \"a\", 1) = 1\n8 shmget(0x1, 0, 0600) = 1\n"
                           "8 write(1, \"b\", 1) = 1\n")) ==
          Texts{"shmget(0x1, 0, 0600): 1", "write(1, \"b\", 1): 1"});
}

TEST_CASE("a call that asks again what was asked before is no kill point, until another comes") {
    const KillPoints points = points_of(R"(7 shmget(0x1, 0, 0600) = 5
7 shmctl(5, IPC_STAT, {...}) = 0
7 clock_nanosleep(CLOCK_REALTIME, 0, 1, NULL) = 0
7 shmctl(5, IPC_STAT, {...}) = 0
7 clock_nanosleep(CLOCK_REALTIME, 0, 2, NULL) = 0
7 write(1, "a", 1) = 1
7 clock_nanosleep(CLOCK_REALTIME, 0, 3, NULL) = 0
7 fcntl(3, F_OFD_SETLK, {}) = -1 EAGAIN (Resource temporarily unavailable)
7 fcntl(3, F_OFD_SETLK, {}) = -1 EAGAIN (Resource temporarily unavailable)
7 fcntl(3, F_OFD_SETLK, {}) = 0
)");
    CHECK(all_of(points) == Texts{"shmget(0x1, 0, 0600): 1", "shmctl(5, IPC_STAT, {...}): 1",
                                  "clock_nanosleep(CLOCK_REALTIME, 0, 1, NULL): 1",
                                  "write(1, \"a\", 1): 1",
                                  "clock_nanosleep(CLOCK_REALTIME, 0, 3, NULL): 3",
                                  "fcntl(3, F_OFD_SETLK, {}): 1", "fcntl(3, F_OFD_SETLK, {}): 3"});
    CHECK(points.left_out ==
          std::map<std::string, int>{{"shmctl", 1}, {"clock_nanosleep", 1}, {"fcntl", 1}});
}

TEST_CASE("there are at most 200 kill points, and the rest is named") {
    std::string calls = "7 shmget(0x1, 0, 0600) = 5\n";
    for (int i = 0; i < 250; ++i) calls += "7 write(1, \"a\", 1) = 1\n";
    const KillPoints points = points_of(calls);
    CHECK(points.all.size() == 200);
    CHECK(points.left_out == std::map<std::string, int>{{"write", 51}});
}
