#include "random_access.hpp"

#include "advice.hpp"

#include "common/kernel/smaps.hpp"
#include "common/program/check.hpp"
#include "common/program/stop.hpp"

#include <fmt/core.h>

#include <sys/mman.h>  // madvise

#include <memory>

using shm::check;

namespace page_cost {

namespace {

constexpr std::size_t least_bytes = std::size_t{128} << 10U;

/// Memory and its mapping, together.
struct Mapped {
    Mapped(Kind kind, std::size_t size, std::size_t huge)
        : memory(kind, size, huge), mapping(memory, size, huge) {}

    Memory memory;
    Mapping mapping;
};

/// Fills a memfd with pages of the smallest size.
std::unique_ptr<Mapped> with_small_pages(const shm::HugePages& settings, std::size_t size) {
    auto mapped = std::make_unique<Mapped>(Kind::memfd, size, settings.huge);
    unsigned char* address = mapped->mapping.address();
    // Where the kernel has no huge pages at all, it knows no such advice, and none is needed.
    static_cast<void>(madvise(address, size, MADV_NOHUGEPAGE));
    check(madvise(address, size, MADV_POPULATE_WRITE), "madvise MADV_POPULATE_WRITE", "a memfd");
    return mapped;
}

//! [get huge]
/// Fills a memfd with huge pages. First with those that anybody can have, then with those that
/// the administrator has set aside. smaps says whether it worked; a return value of 0 does not.
std::unique_ptr<Mapped> with_huge_pages(const shm::HugePages& settings, std::size_t size) {
    auto collapsed = std::make_unique<Mapped>(Kind::memfd, size, settings.huge);
    unsigned char* address = collapsed->mapping.address();
    check(madvise(address, size, MADV_POPULATE_WRITE), "madvise MADV_POPULATE_WRITE", "a memfd");
    if (madvise(address, size, MADV_COLLAPSE) == 0 &&
        shm::given_to(collapsed->mapping.address()).huge == size) {
        return collapsed;
    }
    collapsed.reset();
    if (settings.pool_free < size / settings.huge) return nullptr;
    auto reserved = std::make_unique<Mapped>(Kind::huge_memfd, size, settings.huge);
    check(madvise(reserved->mapping.address(), size, MADV_POPULATE_WRITE),
          "madvise MADV_POPULATE_WRITE", "huge pages");
    return reserved;
}
//! [get huge]

}  // namespace

std::size_t memory_for_random_access(std::size_t size) {
    return 2 * size + size / cache_line * sizeof(std::uint32_t);
}

std::string compare_random_access(const shm::HugePages& settings, std::size_t size,
                                  std::size_t rounds,
                                  const std::function<void(const Compared&)>& row) {
    const auto small = with_small_pages(settings, size);
    shm::check_stop();
    if (shm::given_to(small->mapping.address()).huge != 0) {
        return "small pages are not to be had: shmem_enabled is " + settings.shmem_enabled;
    }
    const auto huge = with_huge_pages(settings, size);
    shm::check_stop();
    if (huge == nullptr) {
        return fmt::format(
            "huge pages are not to be had: MADV_COLLAPSE (Linux 6.1) was refused, "
            "and so many are not set aside; as root: sysctl vm.nr_hugepages={}",
            settings.pool - settings.pool_free + size / settings.huge);
    }
    const auto compare_and_tell = [&](std::size_t bytes, std::size_t stride) {
        row(compare(small->mapping, huge->mapping, bytes, stride, rounds));
    };
    for (std::size_t bytes = least_bytes; bytes < size; bytes *= 4) {
        compare_and_tell(bytes, settings.page);
    }
    compare_and_tell(size, settings.page);
    compare_and_tell(size, cache_line);
    return {};
}

}  // namespace page_cost
