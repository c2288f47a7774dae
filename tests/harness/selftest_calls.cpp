/// @file
/// A scene that counts the system calls of a process.

#include "tests/harness/selftest.hpp"

#include <fmt/core.h>

using namespace harness;
using namespace harness::selftest;

namespace {

/// A shell that opens /dev/null 30 times, then its object, and then /dev/null 10 times.
Result play_with(int most_calls) {
    return play(fmt::format(R"(leaves = ["object"]
[[scene.process]]
role = "one"
run = "sh -c 'for i in 1 2 3 4 5 6; do :<>/dev/null; :<>/dev/null; :<>/dev/null; :<>/dev/null; :<>/dev/null; done; : >/dev/shm{{name}}; for i in 1 2; do :<>/dev/null; :<>/dev/null; :<>/dev/null; :<>/dev/null; :<>/dev/null; done'"
most_calls = {}
)",
                            most_calls));
}

}  // namespace

TEST_CASE("the system calls of a process are counted, and the most frequent one is named") {
    CHECK_FAILS_WITH(play_with(5), "one: too many system calls since it opened its object");
    CHECK_FAILS_WITH(play_with(5), "expected: at most 5");
}

TEST_CASE("what a process calls before it opens its object is not counted") {
    const Result few = play_with(5);
    const std::string report = few.report;
    const std::size_t came = report.find("came:     ");
    REQUIRE(came != std::string::npos);
    const int counted = std::stoi(report.substr(came + 10));
    CHECK_PASSES(play_with(counted));
    CHECK_FAILS_WITH(play_with(counted - 1), "too many system calls");
    CHECK(counted > 10);
    CHECK(counted < 150);  // all of them are more than 300
}
