/// @file
/// common/program/program.hpp.

#include "common/program/program.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

using namespace std::chrono_literals;
using unit::Ended;
using unit::Forked;
using unit::in_child;

namespace {

/// Runs `body` as a program that was started as `/somewhere/worker WORD`.
int run(const std::string& word, const std::function<int()>& body) {
    std::string path = "/somewhere/worker";
    std::string argument = word;
    std::array<char*, 3> argv = {path.data(), word.empty() ? nullptr : argument.data(), nullptr};
    std::size_t size = 4096;
    return shm::program(
        word.empty() ? 1 : 2, argv.data(), "Works.",
        [&](shm::Options& options) { options.size("--size", size, "The size"); }, body);
}

}  // namespace

TEST_CASE("a program ends with what its body returns") {
    CHECK(in_child([] { return run("", [] { return 0; }); }).status == "0");
    CHECK(in_child([] { return run("", [] { return 7; }); }).status == "7");
}

TEST_CASE("whatever a body throws is one line on standard error and status 1") {
    const Ended failure =
        in_child([] { return run("", []() -> int { throw shm::Failure("the peer died"); }); });
    CHECK(failure.status == "1");
    CHECK(failure.out.empty());
    CHECK(failure.err == "worker: the peer died\n");
    const Ended system = in_child(
        [] { return run("", []() -> int { throw shm::SystemError(EIO, "read", "/a"); }); });
    CHECK(system.status == "1");
    CHECK(system.err == "worker: read /a: Input/output error\n");
    const Ended other =
        in_child([] { return run("", []() -> int { throw std::out_of_range("odd"); }); });
    CHECK(other.status == "1");
    CHECK(other.err == "worker: odd\n");
}

TEST_CASE("a command line that makes no sense is status 2, and the body does not run") {
    const Ended ended = in_child([] {
        return run("--size=0", [] {
            shm::say("ran");
            return 0;
        });
    });
    CHECK(ended.status == "2");
    CHECK(ended.out.empty());
    CHECK(ended.err ==
          "worker: --size: a size of 0 cannot be mapped: give at least 1 byte; see worker "
          "--help\n");
}

TEST_CASE("help is status 0, and the body does not run") {
    const Ended ended = in_child([] { return run("--help", [] { return 5; }); });
    CHECK(ended.status == "0");
    CHECK(unit::has(ended.out, "Works."));
    CHECK(ended.err.empty());
}

TEST_CASE("a stop signal runs the clean-ups and ends the process by that very signal") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        Forked child([] {
            return run("", [] {
                const shm::Cleanup clean([] { shm::say("cleaned up"); });
                shm::say("ready");
                shm::pause_for(1h);
                return 0;
            });
        });
        child.wait_for("ready");
        child.send(signal);
        const Ended ended = child.wait();
        CHECK(ended.status == harness::signal_text(signal));
        CHECK(ended.out == "ready\ncleaned up\n");
        // An emulator says a word of its own to such an end.
        CHECK((ended.err.empty() || ended.err.starts_with("qemu: uncaught target signal")));
    }
}

TEST_CASE("a program that is started by exec ignores no signal, and has what was closed closed") {
    const Ended ended = in_child([] {
        close(STDIN_FILENO);
        return run("", []() -> int {
            execlp("sh", "sh", "-c",
                   "grep SigIgn /proc/self/status; [ -e /proc/$$/fd/0 ] || echo no input", nullptr);
            return 1;
        });
    });
    CHECK(ended.out == "SigIgn:\t0000000000000000\nno input\n");
    const Ended nohup = in_child([] {
        signal(SIGPIPE, SIG_IGN);
        return run("", []() -> int {
            execlp("grep", "grep", "SigIgn", "/proc/self/status", nullptr);
            return 1;
        });
    });
    CHECK(nohup.out == "SigIgn:\t0000000000001000\n");
}

TEST_CASE("a clean-up that fails is said, and the program is no success") {
    const auto work = [](int status) {
        return [status] {
            const shm::Cleanup first([] { shm::say("first"); });
            const shm::Cleanup second([] { throw shm::Failure("it stays; remove it"); });
            return status;
        };
    };
    const Ended ended = in_child([&] { return run("", work(0)); });
    CHECK(ended.status == "1");
    CHECK(ended.err == "worker: it stays; remove it\n");
    CHECK(ended.out == "first\n");
    CHECK(in_child([&] { return run("", work(7)); }).status == "7");
}
