/// @file
/// common/memory/segment.hpp.

#include "common/memory/segment.hpp"
#include "common/kernel/checked.hpp"
#include "common/kernel/process.hpp"
#include "common/program/console.hpp"
#include "common/program/options.hpp"  // key_text
#include "common/program/stop.hpp"
#include "tests/unit/support.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

using namespace std::chrono_literals;
using shm::Attachment;
using unit::Forked;
using unit::FreshKey;
using unit::has;
using unit::message_of;

namespace {

struct Thing {
    shm::LayoutHeader header;
    char payload[48];
};
constexpr shm::Layout thing = {.magic = 0x1234567890abcdef, .version = 1, .size = sizeof(Thing)};

int make_segment(const FreshKey& key, std::size_t size = sizeof(Thing)) {
    return checked::shmget(key.value(), size, IPC_CREAT | IPC_EXCL | 0600);
}

unsigned long attached(int shmid) {
    return shm::segment_record(shmid).shm_nattch;
}

Thing& at(const Attachment& memory) {
    return *static_cast<Thing*>(memory.address());
}

void remove_dead(const FreshKey& key) {
    shm::remove_segment_of_the_dead(key.value(), thing);
}

}  // namespace

TEST_CASE("an attachment counts as one from its beginning to its end") {
    const FreshKey key;
    const int shmid = make_segment(key);
    CHECK(attached(shmid) == 0);
    {
        const Attachment first(shmid);
        CHECK(attached(shmid) == 1);
        const Attachment second(shmid, SHM_RDONLY);
        CHECK(attached(shmid) == 2);
        CHECK(first.address() != second.address());
        at(first).payload[0] = 'x';
        CHECK(at(second).payload[0] == 'x');
    }
    CHECK(attached(shmid) == 0);
}

TEST_CASE("an attachment that is moved from detaches nothing") {
    const FreshKey key;
    const int shmid = make_segment(key);
    std::optional<Attachment> first(shmid);
    void* address = first->address();
    {
        const Attachment second(std::move(*first));
        CHECK(second.address() == address);
        first.reset();
        CHECK(attached(shmid) == 1);
    }
    CHECK(attached(shmid) == 0);
}

TEST_CASE("a segment that is gone can be neither attached nor looked at") {
    const FreshKey key;
    const int shmid = make_segment(key);
    CHECK_FALSE(shm::is_removed(shm::segment_record(shmid)));
    {
        const Attachment memory(shmid);
        REQUIRE(shmctl(shmid, IPC_RMID, nullptr) == 0);
        CHECK(shm::is_removed(shm::segment_record(shmid)));
        CHECK_FALSE(key.has_segment());
    }
    CHECK(has(message_of<shm::SystemError>([&] { const Attachment late(shmid); }),
              fmt::format("shmat segment {} (key {}): ", shmid, shm::key_text(key.value()))));
    CHECK_THROWS_AS(shm::segment_record(shmid), shm::SystemError);
}

TEST_CASE("a segment of another size is not ours, one of another user neither") {
    const FreshKey key;
    shmid_ds record = shm::segment_record(make_segment(key));
    CHECK_NOTHROW(shm::require_ours(record, thing, "it"));
    record.shm_segsz = 1000;
    CHECK(has(message_of<shm::Failure>([&] { shm::require_ours(record, thing, "it"); }),
              "it: has 1000 bytes, ours take 64"));
    record.shm_perm.uid += 1;
    CHECK(has(message_of<shm::Failure>([&] { shm::require_ours(record, thing, "it"); }),
              "it: belongs to another user"));
    record.shm_perm.uid -= 1;
    record.shm_perm.cuid += 1;  // made by somebody else, and given to us
    CHECK(has(message_of<shm::Failure>([&] { shm::require_ours(record, thing, "it"); }),
              "it: belongs to another user"));
}

TEST_CASE("where the dead left no segment there is nothing to remove") {
    const FreshKey key;
    CHECK_NOTHROW(remove_dead(key));
    CHECK_FALSE(key.has_segment());
}

TEST_CASE("what the dead left is removed: untouched, prepared or published") {
    const FreshKey key;
    for (const char* state : {"zeros", "prepared", "published"}) {
        INFO(state);
        const auto creator = unit::in_child([&] {
            const int shmid = make_segment(key);
            if (state != std::string("zeros")) {
                const Attachment memory(shmid);
                shm::prepare(at(memory).header, thing);
                at(memory).payload[0] = 'x';
                if (state == std::string("published")) shm::publish(at(memory).header, thing);
            }
            return 0;
        });
        CHECK(creator.status == "0");
        remove_dead(key);
        CHECK_FALSE(key.has_segment());
    }
}

TEST_CASE("a segment that its living creator has not attached yet stays as it is") {
    const FreshKey key;
    make_segment(key);
    CHECK_FALSE(shm::creator_has_ended(shm::segment_record(shmget(key.value(), 0, 0600))));
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }),
              fmt::format("is not finished; process {} made it; end that one", getpid())));
    CHECK(key.has_segment());
}

TEST_CASE("a segment that a living creator has not published stays, though somebody has looked") {
    const FreshKey key;
    const int shmid = make_segment(key);
    static_cast<void>(Attachment(shmid, SHM_RDONLY));  // sets the time of the last attachment
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }), "is not finished"));
    shm::prepare(at(Attachment(shmid)).header, thing);
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }), "is not finished"));
    CHECK(key.has_segment());
}

TEST_CASE("a segment of another size stays as it is") {
    const FreshKey key;
    make_segment(key, sizeof(Thing) + 1);
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }), "another program's"));
    CHECK(key.has_segment());
}

TEST_CASE("a segment with foreign data of our size stays as it is") {
    const FreshKey key;
    const int shmid = make_segment(key);
    {
        const Attachment memory(shmid);
        at(memory).payload[47] = 'x';
    }
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }), "another program's data"));
    {
        const Attachment memory(shmid);
        at(memory).header.magic = 77;
    }
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }), "another program's data"));
    CHECK(key.has_segment());
    CHECK(attached(shmid) == 0);
}

TEST_CASE("a segment that a live process uses stays, one that was looked at for a moment goes") {
    const FreshKey key;
    const int shmid = make_segment(key);
    {
        const Attachment memory(shmid);
        shm::prepare(at(memory).header, thing);
        shm::publish(at(memory).header, thing);
    }
    Forked user([shmid] {
        const Attachment memory(shmid);
        shm::say("attached");
        shm::pause_for(1h);
        return 0;
    });
    user.wait_for("attached");
    CHECK(has(message_of<shm::Failure>([&] { remove_dead(key); }),
              fmt::format("has 1 attachment; process {} made it; end that one", getpid())));
    CHECK(key.has_segment());
    user.send(SIGKILL);
    remove_dead(key);  // at once: the kernel may still be taking the killed one off
    CHECK_FALSE(key.has_segment());
}

TEST_CASE("a process that has ended, and is not yet waited for, counts as ended") {
    const FreshKey key;
    const pid_t creator = checked::fork();
    if (creator == 0) {
        make_segment(key);
        _exit(0);
    }
    siginfo_t ended = {};
    REQUIRE(waitid(P_PID, static_cast<id_t>(creator), &ended, WEXITED | WNOWAIT) == 0);
    REQUIRE(kill(creator, 0) == 0);  // a zombie: by its number it is still there
    CHECK(shm::has_ended(creator));
    remove_dead(key);
    CHECK_FALSE(key.has_segment());
    checked::waitpid(creator);
    CHECK(shm::has_ended(creator));
}

TEST_CASE("a process of which nothing is known has not ended") {
    CHECK_FALSE(shm::has_ended(getpid()));
    CHECK_FALSE(shm::has_ended(0));  // of another pid namespace
    CHECK_FALSE(shm::has_ended(-1));
}
