/// @file
/// common/program/console.hpp.

#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/stop.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>

using unit::Ended;
using unit::Forked;
using unit::has;
using unit::in_child;

namespace {

/// Says something into a pipe that no process reads. Returns the signal or the errno that ended it.
int say_to_nobody() {
    shm::catch_stop_signals();
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) == -1) return 1;
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    try {
        shm::say("nobody hears");
    } catch (const shm::Stopped& stopped) {
        return stopped.signal();
    } catch (const shm::SystemError& error) {
        return error.code().value();
    }
    return 0;
}

}  // namespace

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

TEST_CASE("an output that nobody reads any more ends the program as SIGPIPE would, after it") {
    const Ended ended = in_child(say_to_nobody);
    CHECK(ended.status == std::to_string(SIGPIPE));
    CHECK(ended.err.empty());
}

TEST_CASE("where SIGPIPE was ignored for the program, an output that nobody reads is a failure") {
    const Ended ended = in_child([] {
        signal(SIGPIPE, SIG_IGN);
        return say_to_nobody();
    });
    CHECK(ended.status == std::to_string(EPIPE));
}

TEST_CASE("what is counted is named in the right number") {
    CHECK(shm::count_text(0, "message") == "0 messages");
    CHECK(shm::count_text(1, "message") == "1 message");
    CHECK(shm::count_text(2, "message") == "2 messages");
    CHECK(shm::count_text(1, "process", "processes") == "1 process");
    CHECK(shm::count_text(2, "process", "processes") == "2 processes");
}

TEST_CASE("a text is broken between words, and fits 80 columns") {
    using Lines = std::vector<std::string>;
    const std::string word(30, 'x'), longest(90, 'y');
    CHECK(shm::folded("! ", "  ", "short") == Lines{"! short"});
    CHECK(shm::folded("", "  ", word + " " + word + " " + word) ==
          Lines{word + " " + word, "  " + word});
    CHECK(shm::folded("", "  ", std::string(80, 'x')) == Lines{std::string(80, 'x')});
    CHECK(shm::folded("", "", std::string(49, 'x') + " " + word) ==
          Lines{std::string(49, 'x') + " " + word});
    CHECK(shm::folded("- ", "  ", word + " " + longest + " a") ==
          Lines{"- " + word, "  " + longest, "  a"});
}

TEST_CASE("a program beside this one is typed with the same directory") {
    shm::set_program_path("build/lessons/reader");
    CHECK(shm::program_name() == "reader");
    CHECK(shm::command_beside("writer") == "build/lessons/writer");
    shm::set_program_path("reader");
    CHECK(shm::command_beside("writer") == "writer");
    shm::set_program_path("my build/reader");
    CHECK(shm::command_beside("writer") == "'my build/writer'");
    shm::set_program_path("program");
}

TEST_CASE("an output that is full or closed is an error") {
    CHECK(has(in_child([] {
                  dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
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

TEST_CASE("a standard error that takes nothing keeps no program from ending") {
    Forked child([] {
        shm::catch_stop_signals();
        alarm(20);  // the fault would be a wait without end
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == -1) return 1;
        const std::string page(4096, 'x');
        while (write(ends[1], page.data(), page.size()) > 0) continue;
        fcntl(ends[1], F_SETFL, 0);
        dup2(ends[1], STDERR_FILENO);
        shm::say("full");
        shm::note("no reader takes it");
        shm::note("nor this, which is said on the way out");
        try {
            shm::check_stop();
        } catch (const shm::Stopped& stopped) {
            return stopped.signal();
        }
        return 0;
    });
    child.wait_for("full");
    child.send(SIGTERM);
    CHECK(child.wait().status == std::to_string(SIGTERM));
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
        shm::wait_for_enter_noting("Press Enter");
        shm::say("went on");
        return 0;
    });
    child.type("abc");
    child.end_input();
    const Ended ended = child.wait();
    CHECK(ended.out == "went on\n");
    CHECK(ended.err == "program: Press Enter\n");
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
