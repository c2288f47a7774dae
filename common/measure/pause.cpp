#include "pause.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace measure {

namespace {

/// Returns the nanoseconds of one of many calls, in the fastest of several tries: in the others,
/// something else ran as well.
template <typename Calls>
double fastest(const Calls& calls) {
    using Clock = std::chrono::steady_clock;
    constexpr std::uint32_t count = 10'000;
    double best = 1e9;
    for (int tries = 0; tries < 9; ++tries) {
        const auto start = Clock::now();
        calls(count);
        const std::chrono::duration<double, std::nano> time = Clock::now() - start;
        best = std::min(best, time.count() / count);
    }
    return best;
}

}  // namespace

double ns_per_pause() {
    static const double ns = fastest([](std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) pause_once();
    });
    return ns;
}

double ns_per_step() {
    static const double ns = fastest([](std::uint32_t count) { work(count, count); });
    return ns;
}

std::uint32_t pauses_for(double ns) {
    if (ns <= 0) return 0;
    return static_cast<std::uint32_t>(std::max(std::round(ns / ns_per_pause()), 1.0));
}

}  // namespace measure
