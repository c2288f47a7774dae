/// @file
/// Lesson 07, compare: what it measures and checks of a mechanism that is made for it, and where
/// the figures stand in its tables.

#include "lessons/07-performance-comparison/compare/measure.hpp"
#include "lessons/07-performance-comparison/compare/tables.hpp"

#include "common/measure/machine.hpp"
#include "common/program/check.hpp"
#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace comparison;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t bytes = 64;

/// What is done to each message after it has come: which side it came to, its number there.
using Meddle = std::function<void(Side, unsigned, Bytes)>;

/// An end of a pair of sockets, whose messages somebody meddles with.
class MeddledEnd : public BufferedEnd {
public:
    MeddledEnd(int fd, Side side, Meddle meddle)
        : BufferedEnd(bytes), fd_(fd), side_(side), meddle_(std::move(meddle)) {}
    void send() override { shm::check(write(fd_, outgoing_.data(), bytes), "write", "a socket"); }
    std::span<const std::byte> receive() override {
        const ssize_t got = shm::check(read(fd_, incoming_.data(), bytes), "read", "a socket");
        if (got != ssize_t{bytes}) throw shm::Failure("the other side has ended");
        meddle_(side_, number_++, incoming_);
        return incoming_;
    }

private:
    int fd_;
    Side side_;
    Meddle meddle_;
    unsigned number_ = 0;
};

class MeddledChannel : public Channel {
public:
    explicit MeddledChannel(Meddle meddle) : meddle_(std::move(meddle)) {
        std::array<int, 2> fds{};
        shm::check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()), "socketpair",
                   "a test");
        for (const int side : {0, 1}) fds_.at(side) = shm::Descriptor(fds.at(side));
    }
    std::unique_ptr<End> open(Side side) override {
        const int own = side == Side::client ? 0 : 1;
        fds_.at(1 - own).reset();  // so that this side notices when the other one ends
        return std::make_unique<MeddledEnd>(fds_.at(own).get(), side, meddle_);
    }

private:
    Meddle meddle_;
    std::array<shm::Descriptor, 2> fds_;
};

/// What measure_rows() makes channels for, in this order.
enum Run { trial, round_trips, one_way };

/// Measures 20 round trips and 20 messages one way of such a mechanism, in a process of its own.
/// @param meddle  in a run of which kind
/// @param look    at the row, once it is measured; gives the exit status
unit::Ended measured(
    Run in, const Meddle& meddle,
    const std::function<int(const Row&)>& look = [](const Row&) { return 0; }) {
    return unit::in_child([&] {
        int made = 0;
        const auto make = [&](std::size_t) {
            const bool is_meant = made++ == in;
            return std::make_unique<MeddledChannel>(is_meant ? meddle
                                                             : [](Side, unsigned, Bytes) {});
        };
        const std::vector<Mechanism> mechanisms = {{"a test's", 2, make}};  // the rows point at it
        Plan plan;
        plan.sizes = {bytes};
        plan.cores = {1};
        plan.rounds = 1;
        plan.messages = 20;
        plan.counts_all = false;
        std::vector<Row> rows = rows_of(plan, mechanisms);
        measure_rows(plan, measure::look_at_machine(true), rows);
        return look(rows.at(0));
    });
}

/// A row with known figures: round trips of 1 to 1000 us.
Row known_row(const Mechanism& mechanism) {
    Row row = {&mechanism, bytes, 2, {}, {}};
    row.samples = {{.p50_ns = 400'000, .messages_per_s = 1.5e6, .switches = 1, .cpu_ns = 2'000},
                   {.p50_ns = 500'000, .messages_per_s = 2e6, .switches = 1.25, .cpu_ns = 3'000},
                   {.p50_ns = 600'000, .messages_per_s = 4e6, .switches = 2, .cpu_ns = 9'000}};
    for (std::uint32_t i = 0; i < 1000; ++i) row.trips.push_back((i * 377 % 1000 + 1) * 1000);
    row.calls = 4;  // of a round trip
    return row;
}

std::vector<std::string> split(const std::string& line, char separator) {
    std::vector<std::string> parts;
    std::istringstream text(line);
    for (std::string part; std::getline(text, part, separator);) parts.push_back(part);
    return parts;
}

}  // namespace

TEST_CASE("a mechanism that changes nothing is measured") {
    const auto ended = measured(trial, {}, [](const Row& row) {
        return row.samples.size() == 1 && row.trips.size() == 20 && row.skipped.empty() ? 0 : 1;
    });
    INFO(ended.err);
    CHECK(ended.status == "0");
}

TEST_CASE("a mechanism that changes a byte is a failure, whichever way it goes") {
    const auto change = [](Side to, unsigned number, std::size_t at) {
        return [=](Side side, unsigned came, Bytes message) {
            if (side == to && came == number) message[at] ^= std::byte{0x80};
        };
    };
    for (const auto& ended : {measured(round_trips, change(Side::server, 3, 0)),
                              measured(round_trips, change(Side::client, 3, bytes - 1)),
                              measured(one_way, change(Side::server, 19, 9)),
                              measured(one_way, change(Side::client, 0, 0))}) {
        CHECK(ended.status == "99");
        CHECK(unit::has(ended.err, "a message did not arrive as it was sent"));
    }
}

TEST_CASE("a mechanism that gives a message twice is a failure") {
    std::array<std::byte, bytes> before{};
    const auto ended = measured(one_way, [&](Side, unsigned number, Bytes message) {
        if (number == 5) std::copy(before.begin(), before.end(), message.begin());
        std::copy(message.begin(), message.end(), before.begin());
    });
    CHECK(ended.status == "99");
    CHECK(unit::has(ended.err, "a message did not arrive as it was sent"));
}

TEST_CASE("what is slow only at first is not measured") {
    constexpr unsigned warm_up = 20 / 10 + 1;
    const auto ended = measured(
        round_trips,
        [](Side side, unsigned number, Bytes) {
            if (side == Side::server && number < warm_up) std::this_thread::sleep_for(300ms);
        },
        [](const Row& row) {
            // Others may take the processor for so long now and then, but not three times in 20.
            const auto slow = std::count_if(row.trips.begin(), row.trips.end(),
                                            [](std::uint32_t ns) { return ns >= 300'000'000; });
            return row.trips.size() == 20 && slow < std::ptrdiff_t{warm_up} ? 0 : 1;
        });
    INFO(ended.err);
    CHECK(ended.status == "0");
}

TEST_CASE("a percentile is what that part of the round trips does not exceed") {
    const Mechanism mechanism = {"known", 2, {}};
    Row row = known_row(mechanism);
    CHECK(percentile(row, 0.5) == 500'000);
    CHECK(percentile(row, 0.99) == 990'000);
    CHECK(percentile(row, 0.999) == 999'000);
    row.trips.resize(500);
    CHECK(percentile(row, 0.99).has_value());
    CHECK_FALSE(percentile(row, 0.999).has_value());
    row.trips.resize(90);
    CHECK_FALSE(percentile(row, 0.99).has_value());
}

TEST_CASE("the table and the CSV have each figure in its column") {
    const Mechanism mechanism = {"known", 2, {}};
    const std::vector<Row> rows = {known_row(mechanism)};
    const std::string table = unit::in_child([&] {
                                  say_table(Plan{}, rows);
                                  return 0;
                              }).out;
    std::vector<std::string> shown;
    for (const std::string& line : split(table, '\n')) {
        std::istringstream words(line);
        if (!line.starts_with("known ")) continue;
        for (std::string word; words >> word;) shown.push_back(word);
    }
    // p50, p99 and p99.9 in us; spread in %; 1000 messages/s, MB/s; calls and copies of a message;
    // sleeps and us of processor time of a round trip
    CHECK(shown == std::vector<std::string>{"known", "500", "990", "999", "20", "2000", "128",
                                            "2.0", "2", "1.25", "3.00"});

    const std::string file =
        std::filesystem::temp_directory_path() / ("shm-unit-" + std::to_string(getpid()) + ".csv");
    write_csv(file, rows);
    std::ifstream text(file);
    std::string names;
    std::string values;
    std::getline(text, names);
    std::getline(text, values);
    std::filesystem::remove(file);
    std::map<std::string, std::string> csv;
    const std::vector<std::string> heads = split(names, ',');
    const std::vector<std::string> cells = split(values, ',');
    for (std::size_t i = 0; i < std::min(heads.size(), cells.size()); ++i) csv[heads[i]] = cells[i];
    CHECK(csv["mechanism"] == "\"known\"");
    CHECK(csv["message_bytes"] == "64");
    CHECK(csv["cores"] == "2");
    CHECK(csv["p50_ns"] == "500000");
    CHECK(csv["p99_ns"] == "990000");
    CHECK(csv["p999_ns"] == "999000");
    CHECK(csv["spread"] == "0.2000");
    CHECK(csv["messages_per_s"] == "2000000");
    CHECK(csv["bytes_per_s"] == "128000000");
    CHECK(csv["syscalls_per_message"] == "2.00");
    CHECK(csv["copies_per_message"] == "2");
    CHECK(csv["switches_per_round_trip"] == "1.250");
    CHECK(csv["cpu_ns_per_round_trip"] == "3000");
}
