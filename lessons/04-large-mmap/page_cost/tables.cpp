#include "tables.hpp"

#include "first_touch.hpp"
#include "random_access.hpp"
#include "tlb_counter.hpp"

#include "common/kernel/room.hpp"
#include "common/measure/machine.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <string>
#include <vector>

namespace page_cost {

namespace {

std::string cost_text(const std::optional<Cost>& cost) {
    if (!cost) return fmt::format("{:>7}{:>8}", "-", "-");
    return fmt::format("{:>7}{:>8.0f}", cost->faults, cost->ns_per_page);
}

/// Says what became of the ways that ask for huge pages and got none, or not only.
void say_refusals(const std::vector<Way>& ways, const std::vector<Measured>& rows) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
        const Measured& row = rows[i];
        if (!ways[i].wants_huge || ways[i].remedy.empty()) continue;
        if (row.refused.empty() && row.given.huge == row.given.resident) continue;
        const std::string what =
            !row.refused.empty()
                ? row.refused
                : fmt::format("returned 0; of {}, {} is in huge pages",
                              in_bytes(row.given.resident), in_bytes(row.given.huge));
        shm::say("{}: {}", ways[i].name, what);
        shm::say("  what would allow it:");
        shm::say("    {}", ways[i].remedy);  // most are commands, to be copied whole
    }
}

void say_random_head(const shm::HugePages& settings, std::size_t rounds) {
    shm::say("Random access to one line of {} bytes in each {}; {} in turn", cache_line,
             in_bytes(settings.page), shm::count_text(rounds, "round"));
    shm::say("{:<20}{:>18}{:>18}  {}", "", in_bytes(settings.page) + " pages",
             in_bytes(settings.huge) + " pages", "ratio of the times");
    shm::say("{:<20}{:>9}{:>9}{:>9}{:>9}  {:<8}{}", "memory", "pages", "ns/load", "pages",
             "ns/load", "median", "least - most");
}

void say_compared(const shm::HugePages& settings, const Compared& row) {
    const std::string name = in_bytes(row.bytes) + (row.stride == cache_line ? ", every line" : "");
    const std::size_t huge_pages = (row.bytes + settings.huge - 1) / settings.huge;
    shm::say("{:<20}{:>9}{:>9.1f}{:>9}{:>9.1f}  {:<8.2f}{:.2f} - {:.2f}", name,
             row.bytes / settings.page, row.small_ns, huge_pages, row.huge_ns, row.ratio.median,
             row.ratio.least, row.ratio.most);
    if (row.small_misses) {
        shm::say("  TLB misses for each load: {:.2f} and {:.2f}", *row.small_misses,
                 *row.huge_misses);
    }
}

}  // namespace

std::string in_bytes(std::size_t bytes) {
    if (bytes == 0) return "none";
    constexpr std::pair<unsigned, const char*> units[] = {{30, "GiB"}, {20, "MiB"}, {10, "KiB"}};
    for (const auto& [shift, unit] : units) {
        const std::size_t whole = std::size_t{1} << shift;
        if (bytes >= whole && bytes % whole == 0) return fmt::format("{} {}", bytes / whole, unit);
    }
    return shm::count_text(bytes, "byte");
}

void say_settings(const shm::HugePages& settings) {
    shm::say_folded("", "  ",
                    fmt::format("{}, {}", measure::kernel_name(), measure::processor_name()));
    shm::say("/dev/shm: huge={}; shmem_enabled: {}; vm.nr_hugepages: {}", settings.dev_shm,
             settings.shmem_enabled, settings.pool);
}

std::vector<Measured> touch_aloud(const shm::HugePages& settings, std::size_t size,
                                  const std::vector<Way>& ways, std::size_t rounds) {
    shm::say("First touch of {}: {} of {}, or {} of {}", in_bytes(size),
             shm::count_text(size / settings.page, "page"), in_bytes(settings.page),
             size / settings.huge, in_bytes(settings.huge));
    shm::say("{:<25}{:>15}{:>15}{:>17}", "", "the call", "first touch", "got");
    shm::say("{:<25}{:>7}{:>8}{:>7}{:>8}{:>9}{:>8}{:>8}", "asked", "faults", "ns/page", "faults",
             "ns/page", "resident", "huge", "tables");
    std::vector<Measured> rows = measure_ways(ways, rounds);
    for (std::size_t i = 0; i < ways.size(); ++i) {
        if (!rows[i].refused.empty()) {
            shm::say("{:<25}refused: {}", ways[i].name, rows[i].refused);
            continue;
        }
        shm::say("{:<25}{}{}{:>9}{:>8}{:>8}", ways[i].name, cost_text(rows[i].call),
                 cost_text(rows[i].touch), in_bytes(rows[i].given.resident),
                 in_bytes(rows[i].given.huge), in_bytes(rows[i].tables));
    }
    say_refusals(ways, rows);
    return rows;
}

std::vector<Compared> compare_aloud(const shm::HugePages& settings, std::size_t size,
                                    std::size_t rounds) {
    say_random_head(settings, rounds);
    std::vector<Compared> rows;
    try {
        const std::size_t needed = memory_for_random_access(size);
        shm::require_room("two mappings and the order", needed, shm::memory_limits());
    } catch (const shm::Failure& failure) {
        shm::say_folded("skipped: ", "  ", failure.what());
        return rows;
    }
    const std::string reason =
        compare_random_access(settings, size, rounds, [&](const Compared& row) {
            say_compared(settings, row);
            rows.push_back(row);
        });
    if (!reason.empty()) shm::say_folded("skipped: ", "  ", reason);
    const TlbCounter counter;
    if (!counter.available()) {
        shm::say_folded("TLB misses are not counted here: ", "  ",
                        "perf_event_open: " + counter.reason());
    }
    return rows;
}

}  // namespace page_cost
