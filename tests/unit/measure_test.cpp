/// @file
/// What many rounds of a measurement come to, and how they are recorded.

#include "common/measure/record.hpp"
#include "common/measure/statistics.hpp"

#include "tests/catch.hpp"

#include <cmath>

using namespace measure;

namespace {

bool about(double value, double expected) {
    return std::abs(value - expected) < 1e-9;
}

}  // namespace

TEST_CASE("a summary tells the median, the ends and where the middle half lies") {
    const Summary odd = summary({50, 10, 20, 40, 30});
    CHECK(odd.median == 30);
    CHECK(odd.least == 10);
    CHECK(odd.most == 50);
    CHECK(about(odd.spread, (40.0 - 20.0) / 30));
    CHECK(summary({1, 2, 3, 4}).median == 2.5);
    CHECK(summary({7}).median == 7);
    CHECK(summary({}).median == 0);
}

TEST_CASE("ratios are taken within each round") {
    // The machine was five times as slow in the second round, for both.
    const Summary ratio = ratios({20, 4, 22}, {10, 2, 11});
    CHECK(ratio.least == 2);
    CHECK(ratio.most == 2);
    CHECK(ratios({1, 2, 3}, {1, 2}).most == 1);  // a round that was broken off does not count
}

TEST_CASE("the geometric mean of a half and of its double is 1") {
    CHECK(about(geometric_mean({0.5, 2}), 1));
    CHECK(geometric_mean({}) == 0);
}

TEST_CASE("a figure is recorded with as many digits as it means") {
    CHECK(rounded(123456.7, 4) == 123500);
    CHECK(rounded(0.0012349, 3) == 0.00123);
    CHECK(rounded(0, 4) == 0);
}
