#include "first_touch.hpp"

#include "advice.hpp"
#include "cost.hpp"
#include "second_process.hpp"

#include "common/program/check.hpp"
#include "common/program/stop.hpp"

#include <fmt/core.h>

#include <sys/mman.h>  // madvise

#include <algorithm>

using shm::check;

namespace page_cost {

namespace {

/// How one way differs from the plain one.
struct Plan {
    Kind kind = Kind::dev_shm;
    int map_flags = 0;
    int advice_before = 0;  ///< MADV_..., before the first touch; 0: none
    int advice_after = 0;   ///< MADV_..., after it
    bool one_page = false;  ///< touch only the first page
    /// Measure a second process that does this, not this one.
    std::optional<Access> second_process = std::nullopt;
};

Measured carry_out(const Plan& plan, const shm::HugePages& settings, std::size_t size) {
    const std::size_t pages = size / settings.page;
    Measured measured;
    const std::size_t tables = shm::page_table_bytes();
    const Memory memory(plan.kind, size, settings.huge);
    std::optional<Mapping> mapping;
    const auto advise = [&](int advice) {
        if (advice == 0) return;
        measured.call = cost_of(pages, [&] {
            check(madvise(mapping->address(), size, advice), "madvise", "page_cost's memory");
        });
    };
    //! [measure touch]
    const Cost map_cost =
        cost_of(pages, [&] { mapping.emplace(memory, size, settings.huge, plan.map_flags); });
    if (plan.map_flags != 0) measured.call = map_cost;
    advise(plan.advice_before);
    const std::size_t touched = plan.one_page ? settings.page : size;
    measured.touch = touch_pages(*mapping, touched, settings.page, Access::write);
    advise(plan.advice_after);
    //! [measure touch]
    if (plan.second_process) {
        return in_second_process(memory, size, settings, *plan.second_process);
    }
    measured.given = shm::given_to(mapping->address());
    measured.tables = shm::page_table_bytes() - std::min(tables, shm::page_table_bytes());
    return measured;
}

}  // namespace

std::vector<Way> ways(const shm::HugePages& settings, std::size_t size) {
    const std::uint64_t needed = size / settings.huge;
    const std::uint64_t missing = needed - std::min(needed, settings.pool_free);
    std::vector<Way> all;
    const auto add = [&](const std::string& name, const Plan& plan, bool wants_huge = false,
                         const std::string& remedy = {}) {
        const auto run = [plan, settings, size, wants_huge]() -> Measured {
            try {
                return carry_out(plan, settings, size);
            } catch (const std::system_error& error) {
                if (!wants_huge) throw;
                Measured refused;  // a row of the table, too
                refused.refused = error.code().message();
                return refused;
            }
        };
        all.push_back({name, run, wants_huge, remedy});
    };
    const Access write = Access::write;
    add("plain", {});
    add("mmap MAP_POPULATE", {.map_flags = MAP_POPULATE});
    add("MADV_POPULATE_WRITE", {.advice_before = MADV_POPULATE_WRITE});
    add("only one page touched", {.one_page = true});
    add("MADV_HUGEPAGE, /dev/shm", {.advice_before = MADV_HUGEPAGE}, true,
        "mount -o remount,huge=advise /dev/shm");
    add("MADV_HUGEPAGE, memfd", {.kind = Kind::memfd, .advice_before = MADV_HUGEPAGE}, true,
        "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled");
    add("MADV_COLLAPSE afterwards", {.advice_after = MADV_COLLAPSE}, true,
        "it takes Linux 6.1 or newer, free memory in one piece, and a shmem_enabled that is not "
        "deny");
    add("mmap MAP_HUGETLB", {.map_flags = MAP_HUGETLB}, true,
        "nothing: of /dev/shm, the mount decides; take memfd_create with MFD_HUGETLB");
    add("memfd MFD_HUGETLB", {.kind = Kind::huge_memfd}, true,
        fmt::format("sysctl vm.nr_hugepages={}", settings.pool + missing));
    add("second process, writes", {.second_process = write});
    add("second process, reads", {.second_process = Access::read});
    add("second process, huge", {.advice_after = MADV_COLLAPSE, .second_process = write}, true);
    return all;
}

std::vector<Measured> measure_ways(const std::vector<Way>& ways, std::size_t rounds) {
    std::vector<std::vector<Measured>> runs(ways.size());
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < ways.size(); ++i) {
            shm::check_stop();
            // Back and forth, so that no way always follows another.
            const std::size_t way = round % 2 == 0 ? i : ways.size() - 1 - i;
            runs[way].push_back(ways[way].run());
        }
    }
    std::vector<Measured> middle;
    for (std::vector<Measured>& of_way : runs) {
        const auto time = [](const Measured& run) {
            return (run.call ? run.call->ns_per_page : 0) +
                   (run.touch ? run.touch->ns_per_page : 0);
        };
        std::sort(of_way.begin(), of_way.end(), [&](const Measured& one, const Measured& other) {
            return time(one) < time(other);
        });
        middle.push_back(of_way[of_way.size() / 2]);
    }
    return middle;
}

}  // namespace page_cost
