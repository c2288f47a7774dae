/// @file
/// Lesson 05, ladder: what it costs that a cache line changes hands.

#include "why.hpp"

#include "../ring_bench/run.hpp"

#include <atomic>
#include <new>

namespace ladder {

namespace {

using measure::Arena;
using ring_bench::Task;
using Index = std::atomic<std::uint64_t>;

/// What a side has to itself: an index that it writes, and a copy that it reads.
struct Own {
    Index index;
    Index copy;
};

/// Two of these, so many bytes apart; and what ends it.
struct Both {
    alignas(512) std::byte memory[1024];
    alignas(512) std::atomic<bool> done;
};

//! [count own]
/// Counts, and reads its own copy. Never touches what the other side has.
void count_own(Own& own, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
        own.index.store(i, std::memory_order_release);  // release: as in a ring
        i += own.copy.load(std::memory_order_relaxed);  // relaxed: it is ours; it is 0
    }
}
//! [count own]

//! [count looking]
/// Counts, and looks at the other's index once in `every` rounds.
template <std::uint64_t every>
void count_looking(Own& own, const Own& other, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
        own.index.store(i, std::memory_order_release);  // release, acquire: as in a ring
        if (i % every == 0) static_cast<void>(other.index.load(std::memory_order_acquire));
    }
}
//! [count looking]

/// @param apart  bytes from one side's to the other's
/// @param every  how often a side looks at the other's index; 0: never
/// @param both   whether the other side does anything
template <std::size_t apart, std::uint64_t every, bool both>
double count_both(const Task& task) {
    const Arena arena(sizeof(Both));
    auto* all = new (arena.ring(0)) Both{};
    auto* mine = new (all->memory) Own{};
    auto* others = new (all->memory + apart) Own{};
    const auto count = [](Own& own, Own& other, std::uint64_t from, std::uint64_t to) {
        if constexpr (every == 0) {
            count_own(own, from, to);
        } else {
            count_looking<every>(own, other, from, to);
        }
    };
    return rate_beside(
        task, arena, all->done,
        [&](std::uint64_t from, std::uint64_t to) { count(*mine, *others, from, to); },
        [&] {
            std::uint64_t i = 0;
            // relaxed: nothing comes with it
            for (; both && !all->done.load(std::memory_order_relaxed); i += 1000) {
                count(*others, *mine, i, i + 1000);
            }
        });
}

}  // namespace

std::vector<Experiment> lines_that_change_hands() {
    return {
        {"padding, 128 bytes apart",
         "Each side writes a word of its own and reads another; never the other side's.",
         "M counts/s",
         {{"the other side rests", "", count_both<256, 0, false>},
          {"256 bytes apart", "", count_both<256, 0, true>},
          {"128 bytes apart", "", count_both<128, 0, true>},
          {"64 bytes apart", "", count_both<64, 0, true>},
          {"on one line", "", count_both<sizeof(Own), 0, true>}}},
        {"gives back seldom",
         "The same, 256 bytes apart, and each side looks at the other's index once in so many.",
         "M counts/s",
         {{"once in 1024", "", count_both<256, 1024, true>},
          {"once in 64", "", count_both<256, 64, true>},
          {"once in 8", "", count_both<256, 8, true>},
          {"each time", "", count_both<256, 1, true>}}},
    };
}

}  // namespace ladder
