/// @file
/// Lesson 05, ring_bench: what it makes of the figures. Its scenes show that it measures at all.

#include "lessons/05-optimized-ring-buffer/ring_bench/message.hpp"
#include "lessons/05-optimized-ring-buffer/ring_bench/run.hpp"
#include "lessons/05-optimized-ring-buffer/ring_bench/targets.hpp"

#include "tests/catch.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace ring_bench;

namespace {

Entry entry(const std::string& ring, std::vector<double> values, const std::string& package = "",
            Between between = Between::processes) {
    Entry made;
    made.ring.name = ring;
    made.ring.package = package;
    made.ring.between = between;
    made.api = "single";
    made.values = std::move(values);
    return made;
}

bool about(double value, double expected) {
    return std::abs(value - expected) < 1e-9;
}

template <std::size_t size>
std::uint64_t sum_of_first(std::uint64_t messages) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < messages; ++i) sum += Message<size>::number(i).sum();
    return sum;
}

}  // namespace

TEST_CASE("the sum of all messages is that of each of them") {
    for (const std::uint64_t messages : {0, 1, 2, 999, 1000}) {
        CHECK(Message<4>::sum_of_all(messages) == sum_of_first<4>(messages));
        CHECK(Message<24>::sum_of_all(messages) == sum_of_first<24>(messages));
        CHECK(Message<1024>::sum_of_all(messages) == sum_of_first<1024>(messages));
    }
}

TEST_CASE("a message that is torn, lost or given twice changes the sum") {
    Message<40> torn = Message<40>::number(7);
    torn.words[4] = Message<40>::number(6).words[4];
    CHECK(torn.sum() != Message<40>::number(7).sum());
    CHECK(Message<40>::number(7).sum() != Message<40>::number(6).sum());
}

TEST_CASE("a sum that is not that of all messages is a failure") {
    Task task;
    task.messages = 1000;
    measure::Report report{};
    report.sum = Message<8>::sum_of_all(1000);
    CHECK_NOTHROW(check_sum<Message<8>>(task, report));
    report.sum = Message<8>::sum_of_all(999);
    CHECK_THROWS_AS(check_sum<Message<8>>(task, report), shm::Failure);
}

TEST_CASE("ours is compared with the fastest peer, and in threads with ours in threads") {
    Cell cell;
    cell.bytes = 64;
    cell.entries = {entry("ours", {100}), entry("slow", {20}, "package"),
                    entry("fast", {80}, "package"), entry("bulk", {9999}),
                    entry("ours (threads)", {40}, "", Between::threads)};
    CHECK(against_peers(cell).peer == "fast");
    CHECK(about(against_peers(cell).ratio.median, 1.25));
    CHECK(against_peers(cell).met());
    cell.entries.push_back(entry("threaded", {50}, "package", Between::threads));
    CHECK(against_peers(cell).peer == "threaded");
    CHECK(about(against_peers(cell).ratio.median, 0.8));
    CHECK_FALSE(against_peers(cell).met());
}

TEST_CASE(
    "rounds near and rounds far are compared apart, and one that changes in between is in "
    "neither") {
    Cell cell;
    cell.bytes = 64;
    cell.entries = {entry("ours", {100, 100, 30, 30, 70}),
                    entry("one", {50, 50, 60, 60, 7}, "package"),
                    entry("other", {80, 80, 20, 20, 7}, "package")};
    cell.lines = {{110, 120}, {120, 250}, {251, 450}, {450, 440}, {120, 450}};
    CHECK(against_peers(cell, "single", Distance::near).peer == "other");
    CHECK(about(against_peers(cell, "single", Distance::near).ratio.median, 1.25));
    CHECK(against_peers(cell, "single", Distance::far).peer == "one");
    CHECK(about(against_peers(cell, "single", Distance::far).ratio.median, 0.5));
    CHECK(against_peers(cell, "single", Distance::far).rounds == 2);
    CHECK(against_peers(cell, "single", Distance::changing).rounds == 1);
    cell.lines.pop_back();  // a run that a signal has ended
    CHECK(against_peers(cell, "single", Distance::changing).rounds == 0);
    CHECK(against_peers(cell, "single", Distance::changing).ratio.median == 0);
}

TEST_CASE("a round trip is better the shorter it is") {
    Cell cell;
    cell.kind = Kind::round_trip;
    cell.bytes = 8;
    cell.entries = {entry("ours", {90}), entry("slow", {180}, "package"),
                    entry("fast", {120}, "package"), entry("line", {100})};
    CHECK(against_peers(cell).peer == "fast");
    CHECK(about(against_peers(cell).ratio.median, 120.0 / 90));
    CHECK(about(against_limit(cell).median, 0.9));
}

TEST_CASE("a stream is compared with bulk in bytes") {
    Cell cell;
    cell.bytes = 256;
    cell.entries = {entry("ours", {10}), entry("bulk", {5120})};
    CHECK(about(against_limit(cell).median, 0.5));
    CHECK(target_of_limit(cell) == 0.8);
}
