/// @file
/// Programs killed at random moments: the others end in time, and the next run leaves nothing.
///
/// SHM_KILLS=1000 kills a thousand times in each test, SHM_SEED=... repeats a run's choices.
/// SHM_ROUNDS=200 lets many come at once, and go, two hundred times over.

#include "lessons/03-semaphore-critical-section/table.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/segment.hpp"
#include "common/program/check.hpp"
#include "tests/faults/support.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <set>

using namespace faults;
using namespace std::chrono_literals;

namespace {

unsigned long from_environment(const char* name, unsigned long otherwise) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread only
    const char* text = getenv(name);
    return text == nullptr ? otherwise : std::strtoul(text, nullptr, 10);
}

/// The choices of one test.
class Chance {
public:
    Chance() : seed_(from_environment("SHM_SEED", std::random_device{}())), numbers_(seed_) {
        std::printf("%lu kills, seed %lu (SHM_KILLS and SHM_SEED change them)\n", kills(), seed_);
        std::fflush(stdout);
    }
    static unsigned long kills() { return from_environment("SHM_KILLS", 40); }
    /// 0 to below `end`.
    unsigned below(unsigned end) {
        return std::uniform_int_distribution<unsigned>(0, end - 1)(numbers_);
    }
    /// Sleeps for up to so many microseconds; a program under AddressSanitizer lives longer.
    void sleep_below(unsigned microseconds) {
        usleep(below(address_sanitizer ? 10 * microseconds : microseconds));
    }

private:
    unsigned long seed_;
    std::mt19937_64 numbers_;
};

/// Starts all the programs and kills one of them, or all, somewhere in their lives; the rest must
/// come to an end, with status 0 or 1.
void kill_some(Chance& chance, const std::vector<Words>& commands, unsigned life) {
    const unsigned victim = chance.below(static_cast<unsigned>(commands.size()) + 1);
    const bool early = chance.below(4) == 0;
    const auto is_victim = [&](std::size_t i) { return victim == commands.size() || victim == i; };
    std::vector<Program> programs;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        programs.emplace_back(commands[i]);
        chance.sleep_below(chance.below(2) == 0 ? 100 : 2000);
        if (early && is_victim(i)) programs[i].send(SIGKILL);
    }
    chance.sleep_below(life);
    for (std::size_t i = 0; i < programs.size(); ++i) {
        if (is_victim(i)) programs[i].send(SIGKILL);
        programs[i].end_input();
    }
    for (std::size_t i = 0; i < programs.size(); ++i) {
        const Finished finished = programs[i].finish();
        INFO(commands[i][0] << " ended with " << finished.end << "; " << finished.err);
        const bool sensible = finished.end == "0" || finished.end == "1" ||
                              (finished.end == "SIGKILL" && is_victim(i));
        REQUIRE(sensible);
    }
}

void require_ends_well(Program& program) {
    const Finished finished = program.finish();
    INFO(finished.out << finished.err);
    REQUIRE(finished.end == "0");
}

}  // namespace

TEST_CASE("writer and reader survive kills at any moment") {
    Chance chance;
    const Place place;
    for (unsigned long i = 0; i < Chance::kills(); ++i) {
        INFO("kill " << i);
        std::vector<Words> commands = {place.writer(), place.reader({"--timeout-ms", "200"})};
        if (chance.below(4) == 0) std::swap(commands[0], commands[1]);
        kill_some(chance, commands, 3000);

        Program writer(place.writer());
        writer.wait_for("Press Enter");
        const Finished reader = run(place.reader());
        INFO(reader.err);
        REQUIRE(reader.out == "Data read from shared memory: Hello from shared memory!\n");
        writer.end_input();
        require_ends_well(writer);
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("attach survives kills at any moment") {
    Chance chance;
    const Place place;
    const Words command = place.attach({"--size", "64K"});
    for (unsigned long i = 0; i < Chance::kills(); ++i) {
        INFO("kill " << i);
        kill_some(chance, std::vector<Words>(1 + chance.below(4), command), 3000);

        const Finished next = run(command);
        INFO(next.out << next.err);
        REQUIRE(next.end == "0");
        REQUIRE(has(next.out, "Total processes: 1\n"));
        REQUIRE(has(next.out, "Cleaned up shared memory\n"));
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("a killed one never takes the object from one who stays") {
    Chance chance;
    const Place place;
    Program stays(place.attach());
    stays.wait_for("Press Enter");
    for (unsigned long i = 0; i < Chance::kills(); ++i) {
        INFO("kill " << i);
        kill_some(chance, std::vector<Words>(2, place.attach()), 3000);
        const Finished next = run(place.attach());
        INFO(next.out << next.err);
        REQUIRE(next.end == "0");
        REQUIRE(has(next.out, "Total processes: 2\n"));
        REQUIRE_FALSE(has(next.out, "Cleaned up"));
    }
    stays.end_input();
    CHECK(has(stays.finish().out, "Cleaned up shared memory\n"));
    CHECK(place.left().empty());
}

TEST_CASE("of sixteen who attach at once, one initialises and one cleans up") {
    const unsigned long rounds = from_environment("SHM_ROUNDS", 20);
    std::printf("%lu times (SHM_ROUNDS changes it)\n", rounds);
    const Place place;
    for (unsigned long round = 0; round < rounds; ++round) {
        INFO("round " << round);
        std::vector<Program> programs;
        programs.reserve(16);
        for (int i = 0; i < 16; ++i) programs.emplace_back(place.attach());
        for (Program& program : programs) program.wait_for("Press Enter");
        for (Program& program : programs) program.end_input();
        std::set<std::string> counts;
        int initialised = 0;
        int cleaned_up = 0;
        for (Program& program : programs) {
            const Finished finished = program.finish();
            INFO(finished.out << finished.err);
            REQUIRE(finished.end == "0");
            const std::string label = "Total processes: ";
            const auto begin = finished.out.find(label);
            REQUIRE(begin != std::string::npos);
            const auto end = finished.out.find('\n', begin);
            counts.insert(finished.out.substr(begin + label.size(), end - begin - label.size()));
            if (has(finished.out, "Initialized shared memory segment\n")) ++initialised;
            if (has(finished.out, "Cleaned up shared memory\n")) ++cleaned_up;
        }
        for (int i = 1; i <= 16; ++i) REQUIRE(counts.count(std::to_string(i)) == 1);
        REQUIRE(initialised == 1);
        REQUIRE(cleaned_up == 1);
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("one that comes while the others go gets an object with a name, or makes one") {
    const unsigned long rounds = from_environment("SHM_ROUNDS", 20);
    const Place place;
    for (unsigned long round = 0; round < rounds; ++round) {
        INFO("round " << round);
        std::vector<Program> programs;
        for (int i = 0; i < 8; ++i) {  // no input: each leaves as soon as it has come
            programs.emplace_back(place.attach());
            programs.back().end_input();
        }
        int initialised = 0;
        int cleaned_up = 0;
        for (Program& program : programs) {
            const Finished finished = program.finish();
            INFO(finished.out << finished.err);
            REQUIRE(finished.end == "0");
            if (has(finished.out, "Initialized shared memory segment\n")) ++initialised;
            if (has(finished.out, "Cleaned up shared memory\n")) ++cleaned_up;
        }
        // A nameless object that somebody joined would be initialised, and never cleaned up.
        REQUIRE(initialised == cleaned_up);
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("producer and consumer survive kills at any moment") {
    Chance chance;
    const Place place;
    const Words few = {"--messages", "3"};
    for (unsigned long i = 0; i < Chance::kills(); ++i) {
        INFO("kill " << i);
        std::vector<Words> commands = {place.producer({"--messages", "3", "--timeout-ms", "200"}),
                                       place.consumer({"--messages", "3", "--timeout-ms", "200"})};
        if (chance.below(2) == 0) std::swap(commands[0], commands[1]);
        kill_some(chance, commands, 8000);

        // Both at once, so that both find what the killed ones left.
        commands = {place.producer(few), place.consumer(few)};
        if (chance.below(2) == 0) std::swap(commands[0], commands[1]);
        Program first(commands[0]);
        chance.sleep_below(2000);
        Program second(commands[1]);
        const Finished one = first.finish();
        const Finished other = second.finish();
        INFO(one.out << one.err << other.out << other.err);
        REQUIRE(one.end + other.end == "00");
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("the ring's producer and consumer survive kills at any moment") {
    Chance chance;
    const Place place;
    for (unsigned long i = 0; i < Chance::kills(); ++i) {
        INFO("kill " << i);
        std::vector<Words> commands = {
            place.ring_producer({"--count", "1000000000000", "--timeout-ms", "200"}),
            place.ring_consumer({"--timeout-ms", "200"})};
        if (chance.below(2) == 0) std::swap(commands[0], commands[1]);
        kill_some(chance, commands, 8000);

        Program consumer(place.ring_consumer());
        const Finished producer = run(place.ring_producer({"--count", "3000"}));
        const Finished finished = consumer.finish();
        INFO(producer.out << producer.err << finished.out << finished.err);
        REQUIRE(producer.end + finished.end == "00");
        REQUIRE(has(finished.out, "each once and in order"));
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("whoever asks by ring_info while others come and go, the last one removes the ring") {
    const unsigned long rounds = from_environment("SHM_ROUNDS", 20);
    const Place place;
    for (unsigned long round = 0; round < rounds; ++round) {
        INFO("round " << round);
        std::vector<Program> programs;
        programs.reserve(10);
        for (int i = 0; i < 4; ++i) programs.emplace_back(place.ring_info());
        programs.emplace_back(place.ring_consumer({"--count", "10"}));
        for (int i = 0; i < 2; ++i) programs.emplace_back(place.ring_info());
        programs.emplace_back(place.ring_producer({"--count", "10"}));
        for (int i = 0; i < 2; ++i) programs.emplace_back(place.ring_info());
        for (Program& program : programs) require_ends_well(program);
        REQUIRE(place.left().empty());
    }
}

TEST_CASE("what a killed producer left is no producer, though somebody else looks at it") {
    const Place place;
    Program producer(place.producer());
    producer.wait_for("Sent message 1");
    const int shmid = checked::shmget(place.key(), 0, 0600);
    producer.send(SIGKILL);
    producer.finish();
    const shm::Attachment look(shmid, SHM_RDONLY);  // as the next producer does for a moment
    const Finished consumer = run(place.consumer({"--timeout-ms", "50"}));
    INFO(consumer.out << consumer.err);
    CHECK(consumer.end == "1");
    CHECK(consumer.out.empty());
}

namespace {

void kill_workers(const std::string& lock) {
    Chance chance;
    const Place place;
    const Words command = place.worker({"--lock", lock, "--timeout-ms", "200"});
    for (unsigned long i = 0; i < Chance::kills(); ++i) {
        INFO("kill " << i);
        kill_some(chance, std::vector<Words>(3, command), 5000);

        const Finished next = run(place.worker({"--lock", lock}));
        INFO(next.out << next.err);
        REQUIRE(next.end == "0");
        REQUIRE(has(next.out, "Updated count to 1\n"));
        REQUIRE(place.left().empty());
    }
}

}  // namespace

TEST_CASE("workers with System V semaphores survive kills at any moment") {
    kill_workers("sysv");
}

TEST_CASE("workers with POSIX semaphores survive kills at any moment") {
    kill_workers("posix");
}

TEST_CASE("workers with robust mutexes survive kills at any moment") {
    kill_workers("mutex");
}

TEST_CASE("what killed workers left goes with the next one, whatever its lock") {
    const Place place;
    for (const char* killed : {"sysv", "posix", "mutex"}) {
        for (const char* next : {"sysv", "posix", "mutex"}) {
            Program worker(place.worker({"--lock", killed, "--pause"}));
            worker.wait_for("Updated count to 1");
            worker.send(SIGKILL);
            worker.finish();
            const Finished finished = run(place.worker({"--lock", next}));
            INFO(killed << ", then " << next << ": " << finished.err);
            CHECK(finished.end == "0");
            CHECK(place.left().empty());
        }
    }
}

namespace {

/// Stops the program, to be run instruction by instruction. False: that is not allowed here.
bool trace(const Program& program) {
    if (ptrace(PTRACE_ATTACH, program.pid(), nullptr, nullptr) == -1) return false;
    checked::waitpid(program.pid());
    return true;
}

/// Runs a traced program until `reached` says so, and not one instruction further.
template <typename Reached>
void step_until(const Program& program, const Reached& reached) {
    while (!reached()) {
        int status = 0;
        REQUIRE(ptrace(PTRACE_SINGLESTEP, program.pid(), nullptr, nullptr) == 0);
        REQUIRE(waitpid(program.pid(), &status, 0) == program.pid());
        REQUIRE(WIFSTOPPED(status));
    }
}

}  // namespace

TEST_CASE("a worker killed between two writes leaves a table that the next one repairs") {
    for (const std::string lock : {"sysv", "mutex"}) {
        INFO(lock);
        const Place place;
        Program first(place.worker({"--lock", lock, "--pause"}));
        first.wait_for("until you press Enter");
        const shm::Attachment memory(checked::shmget(place.key(), sizeof(Table), 0600));
        const auto& table = *static_cast<const Table*>(memory.address());
        const auto first_pid = static_cast<std::uint64_t>(first.pid());
        REQUIRE(table.count == 1);
        REQUIRE(table.pid_sum == first_pid);

        // The second one comes to where its pid is in the sum, and the count is not yet raised.
        Program killed(place.worker({"--lock", lock}));
        killed.wait_for("waiting");
        if (!trace(killed)) return testing::skip("a process may not trace its child");
        first.type("\n");
        REQUIRE(first.finish().end == "0");
        step_until(killed, [&] { return table.pid_sum != first_pid; });
        REQUIRE(table.count == 1);

        Program next(place.worker({"--lock", lock}));
        next.wait_for("waiting");
        killed.send(SIGKILL);
        REQUIRE(killed.finish().end == "SIGKILL");
        const auto next_pid = static_cast<std::uint64_t>(next.pid());
        const Finished finished = next.finish();
        INFO(finished.end << finished.out << finished.err);
        CHECK(finished.end == "0");
        CHECK(has(finished.err, "the table is whole again"));
        CHECK(has(finished.out, "Updated count to 2\n"));
        // The segment has been removed; what lies in it stays as long as we have it attached.
        CHECK(table.changing == 0);
        CHECK(table.count == 2);
        CHECK(table.pid_sum == first_pid + next_pid);
        CHECK(place.left().empty());
    }
}
