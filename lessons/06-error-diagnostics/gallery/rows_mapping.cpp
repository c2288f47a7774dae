#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/huge_pages.hpp"
#include "common/kernel/limits.hpp"
#include "common/program/check.hpp"
#include "stage.hpp"

#include <fcntl.h>
#include <fmt/core.h>

#include <sys/mman.h>
#include <sys/mount.h>  // MS_NOEXEC
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>

using shm::check;

// Mappings: how a range of addresses is asked for, and what may be done with it.

namespace {

const std::size_t page = shm::page_size();
constexpr int read_write = PROT_READ | PROT_WRITE;
constexpr auto beyond_addresses = static_cast<std::size_t>(std::min<std::uint64_t>(
    std::uint64_t{1} << 62, std::numeric_limits<std::size_t>::max() - 65535));

std::string mapped(std::size_t size, int protection, int flags, int fd, off_t offset) {
    checked::mmap(nullptr, size, protection, flags, fd, offset);
    return {};
}

const Row rows[] = {
    {"mmap-zero", "a mapping of 0 bytes", "mmap", "EINVAL",
     "often the size of an object that its creator has not finished",
     "wait until fstat shows a size, with a deadline; a file that may be empty: do not map it",
     [] { return mapped(0, read_write, MAP_SHARED, stage::make_object(0), 0); }},
    {"mmap-negative", "a negative size", "mmap", "ENOMEM",
     "as an unsigned number it is larger than any address space", "check what was computed",
     [] {
         const int fd = stage::make_object(page);
         return mapped(static_cast<std::size_t>(-1), read_write, MAP_SHARED, fd, 0);
     }},
    {"mmap-offset", "an offset that is no multiple of the page", "mmap", "EINVAL",
     "pages are mapped whole",
     "map from the page's beginning, and add the rest to the address and to the length",
     [] { return mapped(page, read_write, MAP_SHARED, stage::make_object(page), 100); }},
    {"mmap-kind", "neither MAP_SHARED nor MAP_PRIVATE", "mmap", "EINVAL",
     "the call has to say one of them", "MAP_SHARED: others see what is written",
     [] { return mapped(page, read_write, 0, stage::make_object(page), 0); }},
    {"mmap-private", "an object is mapped with MAP_PRIVATE", "mmap", "success",
     "with its first write to a page the process gets a copy of its own: no other process sees "
     "what it writes there, and it no longer sees what they write",
     "MAP_SHARED",
     [] {
         const int fd = stage::make_object(page);
         const char* shared = stage::map(fd, page, PROT_READ);
         auto* own =
             static_cast<char*>(checked::mmap(nullptr, page, read_write, MAP_PRIVATE, fd, 0));
         stage::in_killed_child([=] { own[0] = 7; });
         own[1] = 7;
         stage::expect(own[0] == 0 && shared[1] == 0, "a write was seen");
         return std::string("neither parent nor child sees what the other one wrote");
     }},
    {"mmap-anonymous-object", "MAP_ANONYMOUS beside an object's descriptor", "mmap", "success",
     "with that flag the descriptor counts for nothing: the memory is new, all zeros, and shared "
     "with children only, if at all; for a file of a hugetlbfs its pages are small ones",
     "leave MAP_ANONYMOUS out: MAP_SHARED and the descriptor",
     [] {
         const int fd = stage::make_object(page);
         stage::map(fd, page, read_write)[0] = 7;
         const int flags = MAP_SHARED | MAP_ANONYMOUS;
         const auto* memory =
             static_cast<char*>(checked::mmap(nullptr, page, read_write, flags, fd, 0));
         stage::expect(memory[0] == 0, "the object was mapped");
         return std::string("the object's first byte is 7, and is 0 there");
     }},
    {"mmap-closed", "a descriptor that is closed", "mmap", "EBADF",
     "it was closed, or the call that makes it failed and was not checked", "check every call",
     [] {
         const int fd = stage::make_object(page);
         close(fd);
         return mapped(page, read_write, MAP_SHARED, fd, 0);
     }},
    {"mmap-read-only", "a mapping for writing of a descriptor for reading", "mmap", "EACCES",
     "it was opened O_RDONLY; one that is opened O_WRONLY cannot be mapped at all",
     "open it O_RDWR, or map it PROT_READ; to change what you may only read: MAP_PRIVATE, a "
     "copy of your own",
     [] {
         stage::make_object(page);
         const int fd = checked::shm_open(stage::name, O_RDONLY, 0);
         return mapped(page, read_write, MAP_SHARED, fd, 0);
     }},
    {"mmap-not-mappable", "a descriptor of what cannot be mapped", "mmap", "ENODEV",
     "a pipe, a socket, a folder; or a file system that has no shared mappings (FUSE with "
     "direct_io, unless it allows them, since Linux 6.6), or none for writing (9p), as some "
     "folders that a virtual machine shares with its host (some say EINVAL)",
     "map an object of /dev/shm, a memfd, or a file of another file system (findmnt -T FILE): "
     "move a program's data to a local one",
     [] {
         int ends[2] = {};
         check(pipe2(ends, O_CLOEXEC), "pipe2", "a pipe");
         return mapped(page, PROT_READ, MAP_SHARED, ends[0], 0);
     }},
    {"mmap-too-large", "more bytes than the machine's addresses", "mmap", "ENOMEM",
     "the size comes from a place that cannot be trusted", "check it against fstat's st_size",
     [] { return mapped(beyond_addresses, read_write, MAP_SHARED, stage::make_object(page), 0); }},
    {"huge-object", "huge pages for an object of shm_open", "mmap", "EINVAL",
     "MAP_HUGETLB with a descriptor needs a file of hugetlbfs, and /dev/shm is a tmpfs",
     "a file of hugetlbfs has huge pages without the flag; else memfd_create with MFD_HUGETLB, "
     "or a /dev/shm mounted with huge=advise, and madvise",
     [] {
         const int fd = stage::make_object(2 << 20);
         return mapped(2 << 20, read_write, MAP_SHARED | MAP_HUGETLB, fd, 0);
     }},
    {"huge-pool-empty", "more huge pages than the pool has", "mmap", "ENOMEM",
     "each size (2 MB, 1 GB) has a pool, empty until the administrator fills it or lets it "
     "grow",
     "go without, or with MADV_HUGEPAGE, and say so; or fill it: vm.nr_hugepages for the "
     "default size, /sys/kernel/mm/hugepages for each; on the host, for a container, too; "
     "read it back, since the kernel may find fewer; /etc/sysctl.d keeps it",
     [] {
         const auto pool = shm::huge_pages();
         if (!pool) throw NotHere("this kernel has no huge pages");
         std::size_t more = 0;
         std::ifstream("/proc/sys/vm/nr_overcommit_hugepages") >> more;
         more += static_cast<std::size_t>(pool->most) + 1;
         const std::size_t size = more * shm::read_huge_pages().huge;
         return mapped(size, read_write, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
     }},
    {"huge-advice", "huge pages by madvise, on an ordinary /dev/shm", "madvise", "success",
     "the kernel takes the advice only where /dev/shm is mounted with huge=advise, within_size or "
     "always",
     "believe only ShmemPmdMapped in /proc/self/smaps; since Linux 6.1 MADV_COLLAPSE does it, "
     "unless shmem_enabled is deny",
     [] {
         stage::mount_small("huge=never");
         const std::size_t size = 8 << 20;
         const int fd = stage::make_object(size);
         char* memory = stage::map(fd, size, read_write);
         check(madvise(memory, size, MADV_HUGEPAGE), "madvise MADV_HUGEPAGE", stage::name);
         for (std::size_t at = 0; at < size; at += page) memory[at] = 1;
         std::ifstream smaps("/proc/self/smaps");
         for (std::string line; std::getline(smaps, line);) {
             if (!line.starts_with("ShmemPmdMapped:")) continue;
             stage::expect(line.find(" 0 kB") != std::string::npos, "huge pages were got: " + line);
         }
         return std::string("returns 0, and ShmemPmdMapped stays 0 kB");
     }},
    {"mmap-noexec", "a mapping for execution, on a file system that forbids it", "mmap", "EPERM",
     "/dev/shm is mounted with noexec, as in Docker and some distributions",
     "leave PROT_EXEC out; for code, a memfd; or mount -o remount,exec /dev/shm",
     [] {
         stage::mount_small("size=1m", MS_NOEXEC);
         const int fd = stage::make_object(page);
         return mapped(page, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
     }},
    {"dontneed-shared", "memory is to be given back, by MADV_DONTNEED", "madvise", "success",
     "the call empties this process's page table only; the object keeps its pages",
     "MADV_REMOVE, or fallocate with FALLOC_FL_PUNCH_HOLE: the range reads 0 from then on, for all",
     [] {
         const int fd = stage::make_object(page);
         char* memory = stage::map(fd, page, read_write);
         memory[0] = 'x';
         const auto before = checked::fstat(fd).st_blocks;
         check(madvise(memory, page, MADV_DONTNEED), "madvise MADV_DONTNEED", stage::name);
         stage::expect(checked::fstat(fd).st_blocks == before && before > 0, "memory came back");
         stage::expect(const_cast<volatile char*>(memory)[0] == 'x', "the byte is gone");
         return std::string("returns 0, and the object takes as much memory as before");
     }},
    {"mprotect-read-only", "a mapping of a descriptor for reading is made writable", "mprotect",
     "EACCES", "a mapping may do no more than its descriptor", "open it O_RDWR",
     [] {
         stage::make_object(page);
         const int fd = checked::shm_open(stage::name, O_RDONLY, 0);
         char* memory = stage::map(fd, page, PROT_READ);
         checked::mprotect(memory, page, read_write);
         return std::string();
     }},
    {"munmap-inside", "an address inside a page is unmapped", "munmap", "EINVAL",
     "pages are unmapped whole; of huge pages the length has to be whole ones, too",
     "keep the address that mmap returned, and the size",
     [] {
         char* memory = stage::map(stage::make_object(page), page, PROT_READ);
         checked::munmap(memory + 8, 100);
         return std::string();
     }},
    {"write-read-only", "a write through a mapping for reading", "mmap", "SIGSEGV",
     "the mapping was made with PROT_READ, and the processor checks it",
     "to write, open it O_RDWR and map it with PROT_READ | PROT_WRITE; to read, use const in the "
     "program's own types: the compiler then says it",
     [] {
         const int fd = stage::make_object(page);
         const_cast<volatile char*>(stage::map(fd, page, PROT_READ))[0] = 1;
         return std::string();
     }},
    {"after-munmap", "the memory is used after munmap", "munmap", "SIGSEGV",
     "the addresses belong to no mapping any more, or to another one by now",
     "let a C++ object own the mapping, and let no pointer outlive it",
     [] {
         volatile char* memory = stage::map(stage::make_object(page), page, read_write);
         checked::munmap(const_cast<char*>(memory), page);
         memory[0] = 1;
         return std::string();
     }},
};

}  // namespace

const std::span<const Row> mapping_rows = rows;
