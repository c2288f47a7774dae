/// @file
/// Lesson 04, page_cost: its memory, the random walk and the counters.

#include "lessons/04-large-mmap/page_cost/chase.hpp"
#include "lessons/04-large-mmap/page_cost/first_touch.hpp"
#include "lessons/04-large-mmap/page_cost/mapping.hpp"
#include "lessons/04-large-mmap/page_cost/tlb_counter.hpp"

#include "common/kernel/huge_pages.hpp"
#include "common/kernel/smaps.hpp"
#include "tests/catch.hpp"

#include <linux/perf_event.h>

#include <set>
#include <vector>

using namespace page_cost;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;

}  // namespace

TEST_CASE("a mapping has resident what was touched, and begins where a huge page can") {
    const shm::HugePages settings = shm::read_huge_pages();
    const Memory memory(Kind::memfd, 4 * mib, settings.huge);
    const Mapping mapping(memory, 4 * mib, settings.huge);
    CHECK(reinterpret_cast<std::uintptr_t>(mapping.address()) % settings.huge == 0);
    CHECK(shm::given_to(mapping.address()).mapped == 4 * mib);
    CHECK(shm::given_to(mapping.address()).resident == 0);
    touch_pages(mapping, 3 * settings.page, settings.page, Access::write);
    CHECK(shm::given_to(mapping.address()).resident >= 3 * settings.page);
    CHECK(mapping.address()[2 * settings.page] == 1);
    CHECK(mapping.address()[3 * settings.page] == 0);
}

TEST_CASE("the order of a walk is one single cycle") {
    for (const std::size_t count : {1U, 2U, 3U, 7U, 4096U}) {
        const std::vector<std::uint32_t> next = one_cycle(count);
        std::set<std::uint32_t> seen;
        std::uint32_t at = 0;
        for (std::size_t i = 0; i < count; ++i) {
            seen.insert(at);
            at = next[at];
        }
        CHECK(seen.size() == count);
        CHECK(at == 0);
    }
}

TEST_CASE("a walk comes back after as many loads as there are lines, and not before") {
    for (const std::size_t stride : {cache_line, std::size_t{4096}}) {
        std::vector<unsigned char> memory(64 * stride);
        Chase chase(memory.data(), one_cycle(64), stride);
        const std::uint32_t start = chase.position();
        std::set<std::size_t> pages;
        for (int i = 0; i < 64; ++i) {
            if (i > 0) CHECK(chase.position() != start);
            pages.insert(chase.position() * cache_line / stride);
            chase.walk(1);
        }
        CHECK(chase.position() == start);
        CHECK(pages.size() == 64);
    }
}

TEST_CASE("a comparison gives times, and their ratio with its spread") {
    const shm::HugePages settings = shm::read_huge_pages();
    const Memory memory(Kind::memfd, mib, settings.huge);
    const Mapping one(memory, mib, settings.huge);
    const Compared compared = compare(one, one, mib, settings.page, 1);
    CHECK(compared.bytes == mib);
    CHECK(compared.small_ns > 0);
    CHECK(compared.ratio.median == compared.small_ns / compared.huge_ns);  // one round: the same
    CHECK(compared.ratio.least <= compared.ratio.most);
}

TEST_CASE("a counter counts, or says why it cannot") {
    const TlbCounter impossible(0xffffffffU, 0);
    CHECK_FALSE(impossible.available());
    CHECK_FALSE(impossible.reason().empty());
    CHECK(impossible.misses() == 0);

    const TlbCounter faults(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);
    if (!faults.available()) return testing::skip("perf_event_open: " + faults.reason());
    const std::uint64_t before = faults.misses();
    const shm::HugePages settings = shm::read_huge_pages();
    const Memory memory(Kind::memfd, settings.huge, settings.huge);
    const Mapping mapping(memory, settings.huge, settings.huge);
    touch_pages(mapping, settings.huge, settings.page, Access::write);
    CHECK(faults.misses() > before);
}

TEST_CASE("only the first write to a page is a fault") {
    const shm::HugePages settings = shm::read_huge_pages();
    const Memory memory(Kind::memfd, settings.huge, settings.huge);
    const Mapping mapping(memory, settings.huge, settings.huge);
    const auto touch = [&] {
        return touch_pages(mapping, settings.huge, settings.page, Access::write).faults;
    };
    constexpr std::uint64_t others = 8;  // an emulator's own, while it measures
    const std::uint64_t first = touch();
    CHECK(first >= 1);
#if !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)  // they touch pages of their own
    CHECK(first <= settings.huge / settings.page + others);
#endif
    CHECK(touch() <= others);
}
