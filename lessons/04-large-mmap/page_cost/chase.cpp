#include "chase.hpp"

#include "tlb_counter.hpp"

#include "common/measure/clock.hpp"
#include "common/program/error.hpp"
#include "common/program/stop.hpp"

#include <chrono>
#include <cstring>
#include <numeric>
#include <random>
#include <utility>

namespace page_cost {

namespace {

/// How many loads a walk has. Many, so that reading the clock does not count.
constexpr std::size_t walk_loads = std::size_t{1} << 19U;

/// Returns where a chase's line number i lies. With a stride of a page, each page uses another one
/// of its lines, since lines at the same place of each page would crowd a few sets of the caches.
std::uint32_t line_number(std::size_t i, std::size_t stride) {
    const std::size_t lines = stride / cache_line;
    return static_cast<std::uint32_t>(i * lines + (i * 7) % lines);
}

/// Returns the time of one load in a walk, in ns.
double time_walk(Chase& chase) {
    const auto start = measure::Clock::now();
    chase.walk(walk_loads);
    const std::chrono::duration<double, std::nano> time = measure::Clock::now() - start;
    return time.count() / static_cast<double>(walk_loads);
}

}  // namespace

//! [one cycle]
std::vector<std::uint32_t> one_cycle(std::size_t count) {
    std::vector<std::uint32_t> next(count);
    std::iota(next.begin(), next.end(), 0U);
    std::mt19937_64 random(4);  // the same seed always: the same order in every run
    for (std::size_t i = count; i-- > 1;) {
        // Never i itself: that is what makes it one cycle, and not several shorter ones.
        std::swap(next[i], next[std::uniform_int_distribution<std::size_t>(0, i - 1)(random)]);
    }
    return next;
}
//! [one cycle]

Chase::Chase(unsigned char* memory, const std::vector<std::uint32_t>& order, std::size_t stride)
    : memory_(memory) {
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::uint32_t next = line_number(order[i], stride);
        std::memcpy(memory + line_number(i, stride) * cache_line, &next, sizeof(next));
    }
    position_ = line_number(0, stride);
}

//! [dependent loads]
void Chase::walk(std::size_t loads) {
    std::uint32_t at = position_;
    for (std::size_t i = 0; i < loads; ++i) {
        std::memcpy(&at, memory_ + std::size_t{at} * cache_line, sizeof(at));
    }
    position_ = at;
}
//! [dependent loads]

Compared compare(const Mapping& small, const Mapping& huge, std::size_t bytes, std::size_t stride,
                 std::size_t rounds) {
    const std::vector<std::uint32_t> order = one_cycle(bytes / stride);
    Chase in_small(small.address(), order, stride);
    Chase in_huge(huge.address(), order, stride);
    in_small.walk(walk_loads);  // so that both begin with the caches as a walk leaves them
    in_huge.walk(walk_loads);

    TlbCounter counter;
    std::vector<double> small_ns;
    std::vector<double> huge_ns;
    std::vector<double> ratios;
    std::uint64_t small_misses = 0;
    std::uint64_t huge_misses = 0;
    //! [in turn]
    for (std::size_t round = 0; round < rounds; ++round) {
        shm::check_stop();
        for (const bool first : {true, false}) {
            const bool is_small = first == (round % 2 == 0);  // neither always follows the other
            const std::uint64_t before = counter.misses();
            (is_small ? small_ns : huge_ns).push_back(time_walk(is_small ? in_small : in_huge));
            (is_small ? small_misses : huge_misses) += counter.misses() - before;
        }
        ratios.push_back(small_ns.back() / huge_ns.back());
    }
    //! [in turn]
    if (in_small.position() != in_huge.position()) {
        throw shm::Failure(
            "the two walks of one order ended at different places: "
            "the memory of one of them was changed meanwhile");
    }
    Compared compared = {.bytes = bytes,
                         .stride = stride,
                         .small_ns = measure::summary(small_ns).median,
                         .huge_ns = measure::summary(huge_ns).median,
                         .ratio = measure::summary(ratios)};
    if (counter.available()) {
        const auto loads = static_cast<double>(walk_loads * rounds);
        compared.small_misses = static_cast<double>(small_misses) / loads;
        compared.huge_misses = static_cast<double>(huge_misses) / loads;
    }
    return compared;
}

}  // namespace page_cost
