/// @file
/// common/memory/shared_object.hpp and object_locks.hpp: one object for many processes, from the
/// first to the last, where some are killed, fork, or only ask.
///
/// SHM_KILLS=10000 kills ten thousand times, SHM_SEED=... repeats a run's choices.

#include "common/memory/shared_object.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/object.hpp"
#include "common/memory/object_locks.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <fcntl.h>
#include <sched.h>  // unshare
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>

using namespace std::chrono_literals;
using shm::Deadline;
using shm::Descriptor;
using shm::LeftBehind;
using shm::SharedObject;
using unit::FreshName;
using unit::has;
using unit::message_of;

namespace {

Deadline soon() {
    return Deadline::after(100s);
}

constexpr std::size_t size = 4096;
constexpr char content = 'w';

/// Objects of one page whose first byte says that they are whole.
shm::ObjectRules rules(LeftBehind left_behind = LeftBehind::remove) {
    shm::ObjectRules rules;
    rules.create = [](int fd) {
        checked::posix_fallocate(fd, 0, size);
        if (pwrite(fd, &content, 1, 0) != 1) throw std::runtime_error("pwrite");
    };
    rules.check = [](int fd) {
        char found = 0;
        if (pread(fd, &found, 1, 0) != 1 || found != content) throw shm::Failure("not one of ours");
    };
    rules.left_behind = left_behind;
    return rules;
}

/// As another process opens it.
Descriptor opened(const FreshName& name) {
    return Descriptor(checked::shm_open(name.value(), O_RDWR, 0));
}

/// Attaches, and is killed.
void leave_behind(const FreshName& name) {
    unit::Forked killed([&] {
        SharedObject object(name.value(), rules(), soon());
        object.release_attach_lock();
        shm::say("attached");
        pause();
        return 0;
    });
    killed.wait_for("attached");
    killed.send(SIGKILL);
    killed.wait();
}

/// Says whether the process has the object behind `fd` open.
bool has_open(pid_t process, int fd) {
    const std::string fds = "/proc/" + std::to_string(process) + "/fd/";
    const struct stat ours = checked::fstat(fd);
    for (int number = 3; number < 64; ++number) {
        struct stat theirs = {};
        if (number == fd || stat((fds + std::to_string(number)).c_str(), &theirs) == -1) continue;
        if (ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("the first process creates the object, whole, and the last one removes its name") {
    const FreshName name;
    auto first_rules = rules();
    const auto create = first_rules.create;
    first_rules.create = [&](int fd) {
        create(fd);
        CHECK_FALSE(name.exists());
    };
    SharedObject first(name.value(), first_rules, soon());
    CHECK(name.exists());
    CHECK(first.is_creator());
    first.release_attach_lock();
    SharedObject second(name.value(), rules(), soon());
    CHECK_FALSE(second.is_creator());
    second.release_attach_lock();
    CHECK_FALSE(first.detach());
    CHECK(name.exists());
    CHECK(second.detach());
    CHECK_FALSE(second.detach());
    CHECK_FALSE(name.exists());
}

TEST_CASE("of two objects that are to have one name the second gets none, and is no error") {
    const unit::FreshName name;
    const shm::Descriptor first = shm::create_nameless(name.value());
    const shm::Descriptor second = shm::create_nameless(name.value());
    CHECK(shm::give_name(first.get(), name.value()));
    CHECK_FALSE(shm::give_name(second.get(), name.value()));
    CHECK(shm::has_name(first.get(), name.value()));
    CHECK_FALSE(shm::has_name(second.get(), name.value()));
}

TEST_CASE("a creator that fails leaves no name, before it has one and after") {
    const FreshName name;
    auto fails = rules();
    fails.create = [](int) { throw std::runtime_error("no room"); };
    CHECK_THROWS_AS(SharedObject(name.value(), fails, soon()), std::runtime_error);
    CHECK_FALSE(name.exists());
    try {
        const SharedObject first(name.value(), rules(), soon());
        throw std::runtime_error("no room");
    } catch (const std::runtime_error&) {
    }
    CHECK_FALSE(name.exists());
}

TEST_CASE("an object that is refused stays as it is, and nobody waits for its locks") {
    const FreshName name;
    const Descriptor other(checked::shm_open(name.value(), O_CREAT | O_RDWR, 0600));
    REQUIRE(shm::take_attach_lock(other.get(), name.value(), soon()));
    CHECK(message_of<shm::Failure>([&] { SharedObject(name.value(), rules(), soon()); }) ==
          "not one of ours");
    CHECK(name.exists());
    CHECK(checked::fstat(other.get()).st_size == 0);
}

TEST_CASE("another account's object is refused") {
    if (geteuid() != 0) return testing::skip("only root can give an object to another account");
    const FreshName name;
    const Descriptor other(checked::shm_open(name.value(), O_CREAT | O_RDWR, 0600));
    rules().create(other.get());
    REQUIRE(fchown(other.get(), 12345, 12345) == 0);
    CHECK(has(message_of<shm::Failure>([&] { SharedObject(name.value(), rules(), soon()); }),
              "belongs to user 12345, and this is user 0"));
    CHECK(name.exists());
}

TEST_CASE("in a user namespace that maps neither, another account's object is not one's own") {
    if (geteuid() != 0) return testing::skip("only root can give an object to another account");
    const FreshName name;
    const Descriptor other(checked::shm_open(name.value(), O_CREAT | O_RDWR, 0600));
    rules().create(other.get());
    REQUIRE(fchmod(other.get(), 0666) == 0);
    for (const uid_t owner : {12345U, 12346U}) {
        REQUIRE(fchown(other.get(), owner, owner) == 0);
        const unit::Ended child = unit::in_child([&] {
            if (setuid(12345) == -1 || unshare(CLONE_NEWUSER) == -1) return 77;
            const Descriptor seen(checked::shm_open(name.value(), O_RDONLY, 0));
            if (checked::fstat(seen.get()).st_uid != geteuid()) return 2;  // all look alike
            const bool mine = shm::is_own_account(seen.get());
            if (!mine) shm::require_own_account(seen.get(), name.value());
            return mine ? 0 : 1;
        });
        if (child.status == "77") return testing::skip("no user namespace to be had");
        INFO(child.err);
        CHECK(child.status == (owner == 12345 ? "0" : "99"));
        CHECK((owner == 12345 || has(child.err, "which this user namespace does not map")));
    }
}

TEST_CASE("what killed processes left is removed, or gone on with, as the rules say") {
    const FreshName name;
    leave_behind(name);
    SharedObject goes_on(name.value(), rules(LeftBehind::go_on), soon());
    CHECK_FALSE(goes_on.is_creator());
    CHECK(goes_on.detach());
    CHECK_FALSE(name.exists());
    leave_behind(name);
    SharedObject creates(name.value(), rules(), soon());
    CHECK(creates.is_creator());
    CHECK(creates.detach());
    CHECK_FALSE(name.exists());
}

TEST_CASE("a mapping that stays keeps nobody attached, and keeps no lock") {
    const FreshName name;
    SharedObject first(name.value(), rules(), soon());
    void* memory = checked::mmap(nullptr, size, PROT_READ, MAP_SHARED, first.fd(), 0);
    first.release_attach_lock();
    SharedObject second(name.value(), rules(), soon());
    second.release_attach_lock();
    CHECK_FALSE(first.detach());
    CHECK(second.detach());
    checked::munmap(memory, size);
}

TEST_CASE("a process that waits while the last one detaches begins again") {
    const FreshName name;
    SharedObject first(name.value(), rules(), soon());  // has the attach lock
    unit::Forked newcomer([&] {
        SharedObject second(name.value(), rules(), soon());
        shm::say("creator: {}", second.is_creator());
        second.release_attach_lock();
        return second.detach() ? 0 : 1;
    });
    while (!has_open(newcomer.pid(), first.fd())) usleep(1000);
    // The child has this descriptor as well, so close() would not do: detach() gives the locks
    // back.
    CHECK(first.detach());
    const unit::Ended ended = newcomer.wait();
    CHECK(ended.out == "creator: true\n");
    CHECK(ended.status == "0");
    CHECK_FALSE(name.exists());
}

TEST_CASE("a process that waits for an object that has lost its name begins again at once") {
    const FreshName name;
    SharedObject first(name.value(), rules(), soon());  // has the attach lock, and keeps it
    unit::Forked newcomer([&] {
        SharedObject second(name.value(), rules(), soon());
        shm::say("creator: {}", second.is_creator());
        second.release_attach_lock();
        return second.detach() ? 0 : 1;
    });
    while (!has_open(newcomer.pid(), first.fd())) usleep(1000);
    checked::shm_unlink(name.value());  // as somebody does by hand
    const unit::Ended ended = newcomer.wait();
    CHECK(ended.out == "creator: true\n");
    CHECK(ended.status == "0");
    CHECK(first.detach());
    CHECK_FALSE(name.exists());
}

TEST_CASE("the last one waits for a process that has the attach lock, and removes the name then") {
    const FreshName name;
    SharedObject last(name.value(), rules(), soon());
    last.release_attach_lock();
    unit::Forked other([&] {  // comes, and does not attach
        const Descriptor object = opened(name);
        if (!shm::take_attach_lock(object.get(), name.value(), soon())) return 1;
        shm::say("locked");
        usleep(100'000);
        return 0;
    });
    other.wait_for("locked");
    CHECK(last.detach());
    CHECK_FALSE(name.exists());
}

TEST_CASE("to ask who is attached changes nothing: the last one removes the name") {
    const FreshName name;
    SharedObject last(name.value(), rules(), soon());
    last.release_attach_lock();
    const Descriptor asks = opened(name);
    const Descriptor reads(checked::shm_open(name.value(), O_RDONLY, 0));
    CHECK(shm::is_attached_by_others(asks.get()));
    CHECK(shm::is_attached_by_others(reads.get()));
    CHECK_FALSE(shm::is_attached_by_others(last.fd()));
    CHECK(last.detach());
    CHECK_FALSE(shm::is_attached_by_others(asks.get()));
    CHECK_FALSE(name.exists());
}

TEST_CASE("a process whose name leads to another object by now does not remove that one") {
    const FreshName name;
    const FreshName elsewhere;
    SharedObject first(name.value(), rules(), soon());
    first.release_attach_lock();
    REQUIRE(rename(("/dev/shm" + name.value()).c_str(), ("/dev/shm" + elsewhere.value()).c_str()) ==
            0);
    SharedObject other(name.value(), rules(), soon());
    CHECK(other.is_creator());
    other.release_attach_lock();
    CHECK(first.detach());
    CHECK(name.exists());
    CHECK(other.detach());
    CHECK_FALSE(name.exists());
}

TEST_CASE("a forked child cleans up nothing, and gives none of its parent's locks back") {
    const FreshName name;
    SharedObject parent(name.value(), rules(), soon());
    const unit::Ended child = unit::in_child([&] {
        parent.release_attach_lock();
        return parent.detach() ? 1 : 0;
    });
    CHECK(child.status == "0");
    CHECK(name.exists());
    const Descriptor asks = opened(name);
    CHECK(shm::is_attached_by_others(asks.get()));
    CHECK_THROWS_AS((void)shm::take_attach_lock(asks.get(), name.value(), Deadline::after(1ms)),
                    shm::Failure);
    parent.release_attach_lock();
    CHECK(parent.detach());
    CHECK_FALSE(name.exists());
}

TEST_CASE("all entries can be held, and the next process is told") {
    const FreshName name;
    SharedObject first(name.value(), rules(), soon());
    first.release_attach_lock();
    {
        const Descriptor all = opened(name);
        struct ::flock rest = {};
        rest.l_type = F_WRLCK;
        rest.l_start = shm::first_entry + 1;
        rest.l_len = shm::entry_count - 1;
        checked::fcntl(all.get(), F_OFD_SETLK, &rest);
        CHECK(has(message_of<shm::Failure>([&] { SharedObject(name.value(), rules(), soon()); }),
                  "all 1024 entries are held; wait until a process detaches"));
    }
    SharedObject second(name.value(), rules(), soon());  // and now they are not
    CHECK_FALSE(second.is_creator());
}

TEST_CASE("a symbolic link under the name is not followed") {
    const FreshName name;
    const FreshName target;
    const Descriptor fd(checked::shm_open(target.value(), O_CREAT | O_RDWR, 0600));
    REQUIRE(symlink(("/dev/shm" + target.value()).c_str(), ("/dev/shm" + name.value()).c_str()) ==
            0);
    CHECK(has(message_of<shm::SystemError>([&] { SharedObject(name.value(), rules(), soon()); }),
              "Too many levels of symbolic links"));
}

namespace {

unsigned long from_environment(const char* variable, unsigned long otherwise) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread only
    const char* text = getenv(variable);
    return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

/// What the processes of the test below tell each other.
struct Score {
    std::atomic<bool> ends;
    std::atomic<unsigned long> attached;  ///< how often
    std::atomic<unsigned long> nameless;  ///< attached to an object without this name: a mistake
};

/// Attaches and detaches, again and again.
int come_and_go(const FreshName& name, LeftBehind left_behind, Score& score) {
    while (!score.ends) {
        SharedObject object(name.value(), rules(left_behind), soon());
        object.release_attach_lock();
        ++score.attached;
        for (int look = 0; look < 3; ++look) {
            if (!shm::has_name(object.fd(), name.value())) ++score.nameless;
        }
        object.detach();
    }
    return 0;
}

void kill_at_random(LeftBehind left_behind) {
    const unsigned long kills = from_environment("SHM_KILLS", 200);
    const unsigned long seed = from_environment("SHM_SEED", std::random_device{}());
    std::mt19937_64 numbers(seed);
    const FreshName name;
    const unit::Shared<Score> score;
    std::array<std::optional<unit::Forked>, 4> processes;
    const auto start = [&](auto& process) {
        process.emplace([&] { return come_and_go(name, left_behind, *score); });
    };
    for (auto& process : processes) start(process);
    for (unsigned long i = 0; i < kills; ++i) {
        usleep(static_cast<useconds_t>(numbers() % 3000));
        auto& process = processes.at(static_cast<std::size_t>(numbers() % processes.size()));
        process->send(SIGKILL);
        REQUIRE(process->wait().status == "SIGKILL");
        start(process);
    }
    score->ends = true;
    for (auto& process : processes) {
        const unit::Ended ended = process->wait();
        INFO(ended.err);
        CHECK(ended.status == "0");
    }
    std::printf("%lu kills, %lu attached, seed %lu\n", kills, score->attached.load(), seed);
    CHECK(score->nameless == 0);
    SharedObject next(name.value(), rules(left_behind), soon());
    CHECK(next.detach());
    CHECK_FALSE(name.exists());
}

}  // namespace

TEST_CASE("killed at any moment, none loses the name or leaves it (what was left is removed)") {
    kill_at_random(LeftBehind::remove);
}

TEST_CASE("killed at any moment, none loses the name or leaves it (what was left is used)") {
    kill_at_random(LeftBehind::go_on);
}
