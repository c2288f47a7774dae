/// @file
/// What the kernel gave to a mapping.

#include "common/kernel/smaps.hpp"

#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <bit>
#include <cstdint>
#include <sstream>
#include <string>

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
    "VmFlags: rd wr sh mr mw me ms lo \n"
    "e0200000-e0e00000 rw-s 00000000 00:01 6    /memfd:two (deleted)\n"
    "Size:              12288 kB\n"
    "KernelPageSize:        4 kB\n"
    "Rss:                6144 kB\n"
    "ShmemPmdMapped:     2048 kB\n"
    "FilePmdMapped:      2048 kB\n"
    "Shared_Hugetlb:     2048 kB\n"
    "Private_Hugetlb:       0 kB\n"
    "VmFlags: rd wr sh mr mw me ms\n"
    "e0e00000-e0e01000 rw-s 00000000 00:01 7    /memfd:three (deleted)\n"
    "Size:                  4 kB\n"
    "Rss:                   4 kB\n";

shm::Given found_at(std::uintptr_t address) {
    std::istringstream smaps(smaps_text);
    return shm::find_in_smaps(smaps, std::bit_cast<const void*>(address));
}

}  // namespace

TEST_CASE("a mapping is found in smaps by its beginning, and its huge pages are added up") {
    const shm::Given given = found_at(0xe0200000);
    CHECK(given.mapped == 12 * mib);
    CHECK(given.resident == 8 * mib);  // Rss leaves the hugetlb pages out
    CHECK(given.huge == 6 * mib);
}

TEST_CASE("a low address, which smaps pads with zeros, is found too") {
    CHECK(found_at(0x400000).resident == 4096);
    CHECK(found_at(0x400000).huge == 0);
}

TEST_CASE("a mapping is locked if its flags say so, and no other's") {
    CHECK(found_at(0x400000).locked);
    CHECK_FALSE(found_at(0xe0200000).locked);
}

TEST_CASE("an address at which no mapping begins is an error") {
    CHECK(has(message_of<shm::Failure>([] { found_at(0xe0201000); }), "0xe0201000"));
}
