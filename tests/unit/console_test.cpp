/// @file
/// common/console.hpp.

#include "common/console.hpp"
#include "common/error.hpp"
#include "common/stop.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

using unit::Ended;
using unit::Forked;
using unit::has;
using unit::in_child;

TEST_CASE("every line that is said is one write of its own, also into a pipe") {
    const Ended ended = in_child([] {
        shm::say("first {}", 1);
        shm::say_line("second {}");
        shm::say("{}", std::string(3000, 'x'));
        return 0;
    });
    REQUIRE(ended.writes.size() == 3);
    CHECK(ended.writes[0] == "first 1\n");
    CHECK(ended.writes[1] == "second {}\n");
    CHECK(ended.writes[2] == std::string(3000, 'x') + "\n");
}

TEST_CASE("what was said stays said when the process is killed next") {
    const Ended ended = in_child([] {
        shm::say("last words");
        return raise(SIGKILL);
    });
    CHECK(ended.status == "SIGKILL");
    CHECK(ended.out == "last words\n");
}

TEST_CASE("a long line arrives whole through a small pipe that is read slowly") {
    const Ended ended = in_child([] {
        shm::say("{}", std::string(300000, 'x'));
        return 0;
    });
    CHECK(ended.out == std::string(300000, 'x') + "\n");
}

TEST_CASE("an output that nobody reads any more is an error, and no death by SIGPIPE") {
    const Ended ended = in_child([] {
        shm::catch_stop_signals();
        std::array<int, 2> ends{};
        if (pipe(ends.data()) == -1) return 1;
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        shm::say("nobody hears");
        return 0;
    });
    CHECK(ended.status == "99");
    CHECK(ended.err == "write standard output: Broken pipe\n");
}

TEST_CASE("an output that is full or closed is an error") {
    CHECK(has(in_child([] {
                  dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
                  shm::say("no room");
                  return 0;
              }).err,
              "write standard output: No space left on device"));
    CHECK(has(in_child([] {
                  close(STDOUT_FILENO);
                  shm::say("nowhere");
                  return 0;
              }).err,
              "write standard output: Bad file descriptor"));
}

TEST_CASE("a note goes to standard error, after the program's name") {
    const Ended ended = in_child([] {
        shm::note("{} waits", 7);
        shm::set_program_name("reader");
        shm::note_line("{} is no format");
        return shm::program_name() == "reader" ? 0 : 1;
    });
    CHECK(ended.status == "0");
    CHECK(ended.out.empty());
    CHECK(ended.err == "program: 7 waits\nreader: {} is no format\n");
}

TEST_CASE("a note to a closed standard error is lost, and nothing else happens") {
    CHECK(in_child([] {
              close(STDERR_FILENO);
              shm::note("nobody hears");
              return 0;
          }).status == "0");
}

TEST_CASE("waiting for Enter ends with the newline and reads no further") {
    Forked child([] {
        shm::wait_for_enter("Press Enter");
        std::array<char, 16> rest{};
        const ssize_t got = read(STDIN_FILENO, rest.data(), rest.size());
        shm::say("rest: {}", std::string(rest.data(), static_cast<std::size_t>(got)));
        return 0;
    });
    child.wait_for("Press Enter\n");
    child.type("abc\nrest");
    CHECK(child.wait().out == "Press Enter\nrest: rest\n");
}

TEST_CASE("characters before Enter do not end the wait, the end of input does") {
    Forked child([] {
        shm::wait_for_enter();
        shm::say("went on");
        return 0;
    });
    child.type("abc");
    child.end_input();
    CHECK(child.wait().out == "went on\n");
}

TEST_CASE("a stop signal ends the wait for Enter") {
    Forked child([] {
        shm::catch_stop_signals();
        try {
            shm::wait_for_enter("Press Enter");
        } catch (const shm::Stopped& stopped) {
            return stopped.signal();
        }
        return 0;
    });
    child.wait_for("Press Enter");
    child.send(SIGINT);
    CHECK(child.wait().status == std::to_string(SIGINT));
}
