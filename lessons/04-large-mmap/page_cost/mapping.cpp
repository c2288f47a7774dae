#include "mapping.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"

#include <fcntl.h>     // O_TMPFILE
#include <sys/mman.h>  // mmap, MFD_HUGETLB

#include <bit>
#include <cerrno>

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26  // glibc leaves it to <linux/memfd.h>
#endif

namespace page_cost {

namespace {

int open_memory(Kind kind, std::size_t huge) {
    //! [nameless memory]
    switch (kind) {
        case Kind::dev_shm:
            // What shm_open and shm_unlink would leave, with no moment at which it has a name.
            return checked::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
        case Kind::memfd:
            return checked::memfd_create("page_cost", 0);
        case Kind::huge_memfd:
            break;
    }
    // The size of the pages is asked for by its logarithm (man 2 memfd_create).
    const auto logarithm = static_cast<unsigned>(std::countr_zero(huge)) << MFD_HUGE_SHIFT;
    return checked::memfd_create("page_cost", MFD_HUGETLB | logarithm);
    //! [nameless memory]
}

}  // namespace

Memory::Memory(Kind kind, std::size_t size, std::size_t huge) : fd_(open_memory(kind, huge)) {
    checked::ftruncate(fd_.get(), size);
}

Mapping::Mapping(const Memory& memory, std::size_t size, std::size_t huge, int flags)
    : reserved_size_(size + huge), size_(size) {
    // Not checked::mmap: these calls are measured, and it would take memory of its own meanwhile.
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

}  // namespace page_cost
