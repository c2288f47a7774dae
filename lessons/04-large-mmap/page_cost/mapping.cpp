#include "mapping.hpp"

#include "common/program/check.hpp"

#include <fmt/format.h>

#include <fcntl.h>     // open, O_TMPFILE
#include <sys/mman.h>  // mmap, memfd_create
#include <unistd.h>    // ftruncate, close

#include <bit>
#include <cinttypes>
#include <fstream>
#include <sstream>

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26  // glibc leaves it to <linux/memfd.h>
#endif

using shm::check;

namespace page_cost {

namespace {

int open_memory(Kind kind, std::size_t huge) {
    //! [nameless memory]
    switch (kind) {
        case Kind::dev_shm:
            // What shm_open and shm_unlink would leave, with no moment at which it has a name.
            return check(open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), "open O_TMPFILE",
                         "/dev/shm");
        case Kind::memfd:
            return check(memfd_create("page_cost", MFD_CLOEXEC), "memfd_create", "page_cost");
        case Kind::huge_memfd:
            break;
    }
    // The size of the pages is asked for by its logarithm (man 2 memfd_create).
    const auto logarithm = static_cast<unsigned>(std::countr_zero(huge)) << MFD_HUGE_SHIFT;
    return check(memfd_create("page_cost", MFD_CLOEXEC | MFD_HUGETLB | logarithm), "memfd_create",
                 "MFD_HUGETLB");
    //! [nameless memory]
}

}  // namespace

Memory::Memory(Kind kind, std::size_t size, std::size_t huge) : fd_(open_memory(kind, huge)) {
    if (ftruncate(fd_, static_cast<off_t>(size)) == -1) {
        const int error = errno;
        close(fd_);
        shm::fail(error, "ftruncate", "page_cost's memory");
    }
}

Memory::~Memory() {
    close(fd_);
}

Mapping::Mapping(const Memory& memory, std::size_t size, std::size_t huge, int flags)
    : reserved_size_(size + huge), size_(size) {
    // Addresses alone cost nothing. We reserve enough to find a multiple of `huge` in between.
    reserved_ = mmap(nullptr, reserved_size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shm::check_mapped(reserved_, "mmap", "a range of addresses");
    const auto first = reinterpret_cast<std::uintptr_t>(reserved_);
    address_ = static_cast<unsigned char*>(reserved_) + (huge - first % huge) % huge;
    void* mapped = mmap(address_, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | flags,
                        memory.fd(), 0);
    if (mapped == MAP_FAILED) {
        const int error = errno;
        munmap(reserved_, reserved_size_);
        shm::fail(error, "mmap", "page_cost's memory");
    }
}

Mapping::~Mapping() {
    munmap(reserved_, reserved_size_);
}

Got find_in_smaps(std::istream& smaps, const void* address) {
    const std::string start = fmt::format("{:x}-", reinterpret_cast<std::uintptr_t>(address));
    Got got;
    bool found = false;
    for (std::string line; std::getline(smaps, line);) {
        std::istringstream words(line);
        std::string key;
        std::size_t kib = 0;
        words >> key;
        if (!key.ends_with(':')) {  // "7f12a000-7f12b000 rw-s ...": the next mapping begins
            if (found) break;
            // Leading zeros: addresses are padded to 8 digits.
            key.erase(0, key.find_first_not_of('0'));
            found = key.starts_with(start);
            continue;
        }
        if (found && key == "VmFlags:") got.locked = line.find(" lo ") != std::string::npos;
        if (!found || !(words >> kib)) continue;
        const std::size_t bytes = kib * 1024;
        if (key == "Size:") got.mapped = bytes;
        if (key == "Rss:") got.resident += bytes;
        if (key == "ShmemPmdMapped:" || key == "FilePmdMapped:") got.huge += bytes;
        if (key == "Shared_Hugetlb:" || key == "Private_Hugetlb:") {
            got.resident += bytes;
            got.huge += bytes;
        }
    }
    if (!found) throw shm::Failure(fmt::format("no mapping at {} in /proc/self/smaps", address));
    return got;
}

Got got(const Mapping& mapping) {
    std::ifstream smaps("/proc/self/smaps");
    return find_in_smaps(smaps, mapping.address());
}

std::size_t page_table_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key;) {
        std::size_t kib = 0;
        if (key == "VmPTE:" && status >> kib) return kib * 1024;
    }
    return 0;
}

}  // namespace page_cost
