/// @file
/// What is left behind is found and removed; what is not the scene's is left alone.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/stop.hpp"
#include "tests/harness/given.hpp"
#include "tests/harness/leftovers.hpp"
#include "tests/harness/selftest.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

using namespace harness;
using namespace harness::selftest;

namespace {

std::string scene_of(const std::string& run) {
    return "[[scene.process]]\nrole = \"one\"\nrun = \"actor " + run + "\"\n";
}

/// Plays it here, so that what it leaves is in these namespaces, and must be found by what the
/// harness gave; nothing may be there afterwards.
Result play_here(const std::string& body) {
    Settings settings;
    settings.isolate = false;
    return play(body, settings);
}

}  // namespace

TEST_CASE("every kind of leftover is found, with and without namespaces") {
    const std::pair<const char*, const char*> kinds[] = {
        {"segment {key}", "Left behind: segment (segment "},
        {"segment private", "Left behind: segment (segment "},
        {"semaphore {key2}", "Left behind: semaphore (semaphore set "},
        {"queue {key}", "Left behind: queue (message queue "},
        {"posix-queue {name}", "Left behind: queue (POSIX message queue "},
        {"object {name}", "Left behind: object (/dev/shm/lesson-"},
        {"object {name2}.lock", "Left behind: object (/dev/shm/lesson-"},
        {"named-semaphore {name}", "Left behind: object (named semaphore /lesson-"},
        {"child", "Left behind: process (process "},
        {"child-of-threads", "Left behind: process (process "},
        {"daemon", "Left behind: process (process "},
    };
    for (const auto& [run, expected] : kinds) {
        INFO(run);
        CHECK_FAILS_WITH(play(scene_of(run)), expected);
        CHECK_FAILS_WITH(play_here(scene_of(run)), expected);
    }
}

TEST_CASE("in namespaces of its own everything is found, under any key and name") {
    OWN_NAMESPACES_OR_SKIP();
    const std::set<Object> before = everything(true, {});
    const std::pair<const char*, const char*> kinds[] = {
        {"segment 12345", "key 0x00003039"},
        {"semaphore 56789", "key 0x0000ddd5"},
        {"semaphore private", "no key"},
        {"queue 12345", "key 0x00003039"},
        {"posix-queue /my_queue", "POSIX message queue /my_queue"},
        {"object /my_shared_memory", "/dev/shm/my_shared_memory"},
    };
    for (const auto& [run, expected] : kinds) {
        CHECK_FAILS_WITH(play_in_own(scene_of(run)), expected);
    }
    CHECK(everything(true, {}).size() == before.size());
}

TEST_CASE("a scene can have a small /dev/shm, even where it is played in the caller's own") {
    OWN_NAMESPACES_OR_SKIP();
    Settings settings;
    settings.isolate = false;
    const auto size_is = [](const char* blocks) {
        return "[[scene.process]]\nrole = \"stat\"\nrun = \"stat -f -c %b,%S /dev/shm\"\nprints = "
               "\"" +
               std::string(blocks) + ",4096\"\n";
    };
    CHECK_PASSES(play("shm_size = \"64K\"\n" + size_is("16"), settings));
    CHECK_PASSES(play("shm_size = \"2M\"\n" + size_is("512"), settings));
    CHECK_FAILS_WITH(play(size_is("16"), settings), "16,4096");
}

TEST_CASE("what is meant to be left must be left, and nothing else") {
    CHECK_PASSES(play("leaves = [\"object\"]\n" + scene_of("object {name}")));
    CHECK_FAILS_WITH(play("leaves = [\"object\"]\n" + scene_of("say hello")),
                     "Not left behind, though it should be: object");
    CHECK_FAILS_WITH(play("leaves = [\"object\"]\n" + scene_of("object {name} segment {key}")),
                     "Left behind: segment");
}

TEST_CASE("what a scene left is gone afterwards, processes too") {
    OWN_NAMESPACES_OR_SKIP();
    const Result result =
        play_here(scene_of("object {name} segment {key} semaphore {key} queue {key} daemon"));
    CHECK(result.left.size() == 5);
    CHECK(everything(true, {}).empty());
    for (const Leftover& one : result.left) {
        if (one.kind != "process") continue;
        const pid_t pid = std::stoi(one.what.substr(std::string("process ").size()));
        CHECK(kill(pid, 0) == -1);
    }
}

TEST_CASE("a process that begins after the scene's own have ended, and ends soon, is none left") {
    // The shell has ended when the first sleep ends; only then the second one begins.
    CHECK_PASSES(play(scene_of("say hello") +
                      "[[scene.process]]\nrole = \"sh\"\n"
                      "run = \"sh -c '(sleep 0.2; sleep 0.2 &) >/dev/null 2>&1 &'\"\n"));
}

TEST_CASE("without namespaces a user's own objects stay untouched") {
    OWN_NAMESPACES_OR_SKIP();  // which stand for the user's
    for (const key_t key : {12345, 54321}) checked::shmget(key, 100, IPC_CREAT);
    checked::semget(56789, 1, IPC_CREAT);
    close(checked::shm_open("/my_shared_memory", O_CREAT | O_RDWR, 0600));
    const std::set<Object> before = everything(true, {});
    REQUIRE(before.size() == 4);
    CHECK_PASSES(play_here(scene_of("say hello")));
    CHECK_FAILS_WITH(play_here(scene_of("segment 12345")), "File exists");
    // Made meanwhile by somebody else, or so it looks: neither key, name nor creator is known.
    CHECK_PASSES(play_here(scene_of("semaphore 777 object /another_name")));
    const std::set<Object> after = everything(true, {});
    CHECK(after.size() == before.size() + 2);
    for (const Object& object : before) CHECK(after.count(object) == 1);
}

TEST_CASE("the namespaces really separate") {
    OWN_NAMESPACES_OR_SKIP();
    checked::shmget(12345, 100, IPC_CREAT);
    close(checked::shm_open("/my_shared_memory", O_CREAT | O_RDWR, 0600));
    const std::set<Object> before = everything(true, {});
    // The same key and name are free inside, and removed there they are still here.
    CHECK_PASSES(play_in_own("leaves = [\"segment\"]\n" +
                             scene_of("segment 12345 object /my_shared_memory unlink "
                                      "/my_shared_memory")));
    const std::set<Object> after = everything(true, {});
    CHECK(after.size() == before.size());
    for (const Object& object : before) CHECK(after.count(object) == 1);
}

TEST_CASE("a stop signal ends a scene, and nothing is left") {
    OWN_NAMESPACES_OR_SKIP();
    // Of its own, to see what is left there; a killed test cannot remove its lesson.
    const LessonFolder temporary("");
    setenv("TMPDIR", temporary.path().c_str(), 1);
    for (const int signal : {SIGINT, SIGKILL}) {
        // Whoever outlives the one that plays comes to us.
        shm::check(prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl", "PR_SET_CHILD_SUBREAPER");
        const pid_t pid = checked::fork();
        if (pid == 0) {
            try {
                shm::catch_stop_signals();
                play_here(scene_of("segment {key} object {name} daemon ignore-term forever"));
            } catch (const shm::Stopped& stopped) {
                _exit(stopped.signal() == signal ? 0 : 1);
            }
            _exit(2);
        }
        while (everything(false, {}).size() < 2) std::this_thread::yield();
        kill(pid, signal);
        int status = 0;
        shm::check(waitpid(pid, &status, 0), "waitpid", "player");
        if (signal == SIGINT) CHECK(status == 0);
        while (waitpid(-1, nullptr, 0) > 0) continue;  // until nobody is left
        CHECK(everything(true, {}).empty());
        for (const auto& entry : std::filesystem::directory_iterator(temporary.path())) {
            CHECK(entry.path().filename().string().substr(0, 6) != "scene-");
        }
    }
    unsetenv("TMPDIR");
}
