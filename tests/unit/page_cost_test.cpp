/// @file
/// Lesson 04, page_cost: what it reads of the kernel, and the random walk.

#include "lessons/04-large-mmap/page_cost/chase.hpp"
#include "lessons/04-large-mmap/page_cost/first_touch.hpp"
#include "lessons/04-large-mmap/page_cost/mapping.hpp"
#include "lessons/04-large-mmap/page_cost/settings.hpp"
#include "lessons/04-large-mmap/page_cost/tlb_counter.hpp"

#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <linux/perf_event.h>

#include <bit>
#include <set>
#include <sstream>

using namespace page_cost;
using unit::has;
using unit::message_of;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;

/// Two mappings, the second one with huge pages of each kind.
const std::string smaps_text =
    "00400000-00401000 rw-s 00000000 00:01 5    /memfd:one (deleted)\n"
    "Size:                  4 kB\n"
    "Rss:                   4 kB\n"
    "ShmemPmdMapped:        0 kB\n"
    "VmFlags: rd wr sh mr mw me ms\n"
    "7f0000200000-7f0000e00000 rw-s 00000000 00:01 6    /memfd:two (deleted)\n"
    "Size:              12288 kB\n"
    "KernelPageSize:        4 kB\n"
    "Rss:                6144 kB\n"
    "ShmemPmdMapped:     2048 kB\n"
    "FilePmdMapped:      2048 kB\n"
    "Shared_Hugetlb:     2048 kB\n"
    "Private_Hugetlb:       0 kB\n"
    "VmFlags: rd wr sh mr mw me ms\n"
    "7f0000e00000-7f0000e01000 rw-s 00000000 00:01 7    /memfd:three (deleted)\n"
    "Size:                  4 kB\n"
    "Rss:                   4 kB\n";

Got found_at(std::uintptr_t address) {
    std::istringstream smaps(smaps_text);
    return find_in_smaps(smaps, std::bit_cast<const void*>(address));
}

std::string huge_of(const std::string& mountinfo) {
    std::istringstream text(mountinfo);
    return huge_option(text);
}

}  // namespace

TEST_CASE("a mapping is found in smaps by its beginning, and its huge pages are added up") {
    const Got got = found_at(0x7f0000200000);
    CHECK(got.mapped == 12 * mib);
    CHECK(got.resident == 8 * mib);  // Rss leaves the hugetlb pages out
    CHECK(got.huge == 6 * mib);
}

TEST_CASE("a low address, which smaps pads with zeros, is found too") {
    CHECK(found_at(0x400000).resident == 4096);
    CHECK(found_at(0x400000).huge == 0);
}

TEST_CASE("an address at which no mapping begins is an error") {
    CHECK(has(message_of<shm::Failure>([] { found_at(0x7f0000201000); }), "0x7f0000201000"));
}

TEST_CASE("a mapping has resident what was touched, and begins where a huge page can") {
    const Settings settings = read_settings();
    const Memory memory(Kind::memfd, 4 * mib, settings.huge);
    const Mapping mapping(memory, 4 * mib, settings.huge);
    CHECK(reinterpret_cast<std::uintptr_t>(mapping.address()) % settings.huge == 0);
    CHECK(got(mapping).mapped == 4 * mib);
    CHECK(got(mapping).resident == 0);
    touch_pages(mapping, 3 * settings.page, settings.page, Access::write);
    CHECK(got(mapping).resident >= 3 * settings.page);
    CHECK(mapping.address()[2 * settings.page] == 1);
    CHECK(mapping.address()[3 * settings.page] == 0);
}

TEST_CASE("the option huge= of /dev/shm is read from its own mount, the last one of several") {
    const std::string other = "24 1 0:22 / /tmp rw - tmpfs tmpfs rw,huge=always\n";
    CHECK(huge_of(other) == "unknown");
    CHECK(huge_of(other + "25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=64k\n") ==
          "never");
    const std::string advise =
        "25 24 0:23 / /dev/shm rw,relatime shared:4 - tmpfs tmpfs rw,huge=advise,size=64k\n";
    CHECK(huge_of(advise) == "advise");
    CHECK(huge_of(advise + "26 25 0:24 / /dev/shm rw - tmpfs tmpfs rw,huge=within_size\n") ==
          "within_size");
}

TEST_CASE("the word in brackets is the choice that holds") {
    CHECK(chosen("always within_size advise [never] deny force") == "never");
    CHECK(chosen("[always] madvise never") == "always");
    CHECK(chosen("") == "missing");
    CHECK(chosen("] odd [") == "missing");
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
    const Settings settings = read_settings();
    const Memory memory(Kind::memfd, mib, settings.huge);
    const Mapping one(memory, mib, settings.huge);
    const Compared compared = compare(one, one, mib, settings.page, 1);
    CHECK(compared.bytes == mib);
    CHECK(compared.small_ns > 0);
    CHECK(compared.ratio.least <= compared.ratio.most);
}

TEST_CASE("the median is the middle one, or between the two") {
    CHECK(spread_of({5, 1, 9}).median == 5);
    CHECK(spread_of({4, 1, 2, 9}).median == 3);
    CHECK(spread_of({4, 1, 2, 9}).least == 1);
    CHECK(spread_of({4, 1, 2, 9}).most == 9);
    CHECK(spread_of({7}).median == 7);
}

TEST_CASE("a counter counts, or says why it cannot") {
    const TlbCounter impossible(0xffffffffU, 0);
    CHECK_FALSE(impossible.available());
    CHECK_FALSE(impossible.reason().empty());
    CHECK(impossible.misses() == 0);

    const TlbCounter faults(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);
    if (!faults.available()) return testing::skip("perf_event_open: " + faults.reason());
    const std::uint64_t before = faults.misses();
    const Settings settings = read_settings();
    const Memory memory(Kind::memfd, settings.huge, settings.huge);
    const Mapping mapping(memory, settings.huge, settings.huge);
    touch_pages(mapping, settings.huge, settings.page, Access::write);
    CHECK(faults.misses() > before);
}

TEST_CASE("only the first write to a page is a fault") {
    const Settings settings = read_settings();
    const Memory memory(Kind::memfd, settings.huge, settings.huge);
    const Mapping mapping(memory, settings.huge, settings.huge);
    const auto touch = [&] {
        return touch_pages(mapping, settings.huge, settings.page, Access::write).faults;
    };
    CHECK(touch() >= 1);
    CHECK(touch() <= 1);  // under a sanitizer the measuring itself may touch a page
}
