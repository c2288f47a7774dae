#include "common/kernel/capability.hpp"
#include "common/kernel/reason.hpp"
#include "common/kernel/reason_looking.hpp"
#include "common/kernel/room.hpp"  // page_size
#include "common/program/console.hpp"

#include <fmt/core.h>

#include <fcntl.h>             // F_GETFL, F_GET_SEALS
#include <linux/capability.h>  // CAP_IPC_LOCK
#include <linux/magic.h>       // HUGETLBFS_MAGIC
#include <sys/mman.h>          // MAP_HUGETLB, PROT_WRITE
#include <sys/resource.h>      // RLIMIT_FSIZE
#include <sys/stat.h>          // fstat
#include <sys/statvfs.h>       // fstatvfs, ST_NOEXEC
#include <sys/vfs.h>           // fstatfs
#include <unistd.h>            // readlink

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <string_view>

namespace shm {

using looking::raise_text;

namespace {

bool is_aligned(std::uintptr_t value) {
    return value % page_size() == 0;
}

/// The descriptor's access mode: O_RDONLY, O_WRONLY or O_RDWR; -1 if it is not open.
int access_of(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags == -1 ? -1 : flags & O_ACCMODE;
}

/// RLIMIT_MEMLOCK does not apply to a process that has CAP_IPC_LOCK.
bool may_lock_all() {
    return has_capability(CAP_IPC_LOCK, Over::machine);
}

/// The seals of a memfd among `which`, by name; "" where there are none.
std::string seals_among(int fd, unsigned which) {
    const int seals = fcntl(fd, F_GET_SEALS);
    if (seals == -1) return {};
    std::string text;
    const auto add = [&](unsigned seal, const char* name) {
        if ((static_cast<unsigned>(seals) & which & seal) == 0) return;
        text += text.empty() ? name : std::string(" and ") + name;
    };
    add(F_SEAL_SHRINK, "F_SEAL_SHRINK");
    add(F_SEAL_GROW, "F_SEAL_GROW");
    add(F_SEAL_WRITE, "F_SEAL_WRITE");
    add(F_SEAL_FUTURE_WRITE, "F_SEAL_FUTURE_WRITE");
    return text;
}

/// Why a file may not become `size` bytes long.
std::string why_size(int error, int fd, off_t size) {
    if (error == EBADF || error == EINVAL) {
        if (access_of(fd) == O_RDONLY) return "the descriptor is for reading only; open it O_RDWR";
        if (access_of(fd) == -1) return "the descriptor is not open";
    }
    if (error == EPERM) {
        const std::string seals = seals_among(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        if (!seals.empty()) return seals + " is on it, for ever: make a new memfd";
    }
    if (error == EFBIG) {
        const Limit largest = process_limit(RLIMIT_FSIZE);
        if (static_cast<std::uint64_t>(size) > largest.most) {
            return fmt::format("{} bytes: {}", size, raise_text(largest));
        }
        return fmt::format("{} bytes are more than this file system can hold in a file", size);
    }
    return why_any_call(error);
}

/// The folder in which the file of `fd` lies, as far as it has a name.
std::string folder_of(int fd) {
    std::string path(4096, '\0');
    const std::string link = fmt::format("/proc/self/fd/{}", fd);
    const ssize_t length = readlink(link.c_str(), path.data(), path.size());
    path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    const auto slash = path.rfind('/');
    return slash == std::string::npos || slash == 0 || path.starts_with("/memfd:")
               ? ""
               : path.substr(0, slash);
}

/// Says whether that file system's objects consist of huge pages (man 2 statfs).
bool is_of_huge_pages(const struct statfs& system) {
    return static_cast<std::uint32_t>(system.f_type) == HUGETLBFS_MAGIC;  // negative, as an int
}

/// Says whether `fd` is open on an object of huge pages.
bool is_of_huge_pages(int fd) {
    struct statfs system = {};
    return fstatfs(fd, &system) == 0 && is_of_huge_pages(system);
}

/// Says whether `fd` is open on a file system whose mount forbids execution (man 3 statvfs).
bool forbids_execution(int fd) {
    struct statvfs system = {};
    return fstatvfs(fd, &system) == 0 && (system.f_flag & ST_NOEXEC) != 0;
}

std::string why_pool() {
    const auto pool = huge_pages();
    return pool ? raise_text(*pool) + ", or go without MAP_HUGETLB" : why_any_call(ENOMEM);
}

std::string why_mapping_is_invalid(std::size_t size, int flags, int fd, off_t offset) {
    if (size == 0) return "a mapping has at least 1 byte; was the object given a size?";
    struct statfs system = {};
    const bool has_file = (flags & MAP_ANONYMOUS) == 0 && fstatfs(fd, &system) == 0;
    if (has_file && is_of_huge_pages(system) && offset % system.f_bsize != 0) {
        return fmt::format("the offset {} is no multiple of the huge page, {}", offset,
                           system.f_bsize);
    }
    if (!is_aligned(static_cast<std::uintptr_t>(offset))) {
        return fmt::format("the offset {} is no multiple of the page, {}", offset, page_size());
    }
    if ((flags & (MAP_SHARED | MAP_PRIVATE)) == 0) return "neither MAP_SHARED nor MAP_PRIVATE";
    if ((flags & MAP_HUGETLB) == 0) return {};
    if (has_file && !is_of_huge_pages(system)) {
        return "MAP_HUGETLB takes no object of shm_open; make it with memfd_create and "
               "MFD_HUGETLB, or leave MAP_HUGETLB out";
    }
    if (has_file) return {};
    return "this machine has no huge pages of that size; see: ls /sys/kernel/mm/hugepages";
}

}  // namespace

std::string why_ftruncate(int error, int fd, off_t size) {
    if (error == EINVAL && size < 0) return fmt::format("{} is no length", size);
    return why_size(error, fd, size);
}

std::string why_posix_fallocate(int error, int fd, off_t offset, off_t size) {
    if (error == EINVAL && (size <= 0 || offset < 0)) {
        return fmt::format("{} bytes from {} on are no range", size, offset);
    }
    if (error == ENOSPC && is_of_huge_pages(fd)) return why_pool();
    if (error == ENOSPC) {
        const std::string folder = folder_of(fd);
        const auto room = folder.empty() ? std::nullopt : file_system_bytes(folder);
        if (!room || room->most == unlimited) return why_any_call(error);
        return fmt::format("{} not fit: {} (in a container: its --shm-size)",
                           count_text(static_cast<std::uint64_t>(size), "byte does", "bytes do"),
                           raise_text(*room));
    }
    off_t end = 0;
    if (__builtin_add_overflow(offset, size, &end)) end = std::numeric_limits<off_t>::max();
    return why_size(error, fd, end);
}

std::string why_mmap(int error, std::size_t size, int protection, int flags, int fd, off_t offset) {
    const bool shared_writing = (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0;
    switch (error) {
        case EINVAL:
            return why_mapping_is_invalid(size, flags, fd, offset);
        case EACCES:
            if (access_of(fd) == O_WRONLY)
                return "the descriptor is for writing only; open it O_RDWR";
            if (shared_writing && access_of(fd) == O_RDONLY) {
                return "the descriptor is for reading only; open it O_RDWR, or map it PROT_READ";
            }
            return {};
        case EPERM: {
            const std::string seals = seals_among(fd, F_SEAL_WRITE | F_SEAL_FUTURE_WRITE);
            if (shared_writing && !seals.empty()) return seals + " is on it: map it PROT_READ";
            if ((protection & PROT_EXEC) != 0 && forbids_execution(fd)) {
                return "its file system is mounted noexec: map it without PROT_EXEC";
            }
            if ((flags & MAP_SHARED) != 0 && !seals.empty())  // before Linux 6.7
                return seals + " is on it: map it MAP_PRIVATE";
            return {};
        }
        case ENOMEM: {
            if ((flags & MAP_HUGETLB) != 0 || is_of_huge_pages(fd)) return why_pool();
            std::string reason = looking::address_space_reason(size);
            // A mapping of a file that is shared, or only read, takes no memory before it is
            // touched.
            const bool takes_memory =
                (flags & MAP_ANONYMOUS) != 0 ||
                ((flags & MAP_PRIVATE) != 0 && (protection & PROT_WRITE) != 0);
            if (reason.empty() && takes_memory) reason = looking::memory_reason(size);
            return reason.empty() ? why_any_call(error) : reason;
        }
        case ENODEV:
            return "this kind of file cannot be mapped";
        case EBADF:
            return "the descriptor is not open";
        case EOVERFLOW:
            return fmt::format("{} bytes from {} on end beyond the largest offset", size, offset);
        case EAGAIN:
            return raise_text(process_limit(RLIMIT_MEMLOCK));
        default:
            return why_any_call(error);
    }
}

std::string why_mprotect(int error, const void* address, int protection) {
    if (error == EINVAL && !is_aligned(reinterpret_cast<std::uintptr_t>(address))) {
        return fmt::format("the address is no multiple of the page, {}", page_size());
    }
    if (error == EACCES && (protection & PROT_WRITE) != 0) {
        return "it may not become writable: it comes from a descriptor that is for reading only, "
               "from a memfd with a seal against writing, or from shmat with SHM_RDONLY";
    }
    if (error == ENOMEM) {
        return looking::mappings_reason_or("not all of these addresses are mapped");
    }
    return why_any_call(error);
}

std::string why_munmap(int error, const void* address, std::size_t size) {
    // What it takes out of a mapping leaves two.
    if (error == ENOMEM) return looking::mappings_reason_or(why_any_call(error));
    if (error != EINVAL) return why_any_call(error);
    if (size == 0) return "0 bytes are no range; give the size that was mapped";
    if (is_aligned(reinterpret_cast<std::uintptr_t>(address))) return {};
    return fmt::format(
        "the address is no multiple of the page, {}; give the one that mmap "
        "returned",
        page_size());
}

std::string why_mlock(int error, std::size_t size) {
    const Limit locked = process_limit(RLIMIT_MEMLOCK);
    if (error == EPERM) return raise_text(locked);
    if (error != ENOMEM) return why_any_call(error);
    // The kernel counts whole pages, of the limit as well (man 2 mlock).
    const std::uint64_t most = locked.most / page_size(),
                        wanted = size / page_size() + (size % page_size() != 0);
    const std::uint64_t left = most - std::min(most, locked.used.value_or(0) / page_size());
    if (locked.most != unlimited && wanted > left && !may_lock_all()) {
        return fmt::format("{} more: {}", count_text(size, "byte"), raise_text(locked));
    }
    return looking::mappings_reason_or(
        "not all of these addresses are mapped, or some lie beyond the end of the object");
}

}  // namespace shm
