#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/huge_pages.hpp"
#include "common/kernel/limits.hpp"
#include "stage.hpp"

#include <mqueue.h>  // mq_open
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fcntl.h>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <limits>
#include <system_error>
#include <vector>

// The limits of the kernel and of the process.

namespace {

const std::size_t page = shm::page_size();

std::string got_segment(std::size_t size, int flags = 0) {
    const int all = IPC_CREAT | IPC_EXCL | 0600 | flags;
    checked::shmget(stage::key, size, all);
    return {};
}

/// A segment of huge pages. Only the kernel knows to whom it allows them, by capability or group:
/// where the call comes out as `other_error`, the row is of another user.
std::string got_huge(std::size_t size, int other_error, const char* not_here) {
    if (!shm::huge_pages()) throw NotHere("this kernel has no huge pages");
    try {
        return got_segment(size, SHM_HUGETLB);
    } catch (const std::system_error& error) {
        if (error.code().value() != other_error) throw;
        throw NotHere(not_here);
    }
}

std::string got_set(int count) {
    const int flags = IPC_CREAT | IPC_EXCL | 0600;
    checked::semget(stage::key, count, flags);
    return {};
}

std::string locked(std::size_t limit, std::size_t size) {
    stage::require_no_sanitizer();
    char* memory = stage::map(stage::make_memfd(static_cast<off_t>(size)), size, PROT_READ);
    stage::limit_process(RLIMIT_MEMLOCK, limit);
    stage::give_up_root();  // root may lock all it likes
    checked::mlock(memory, size);
    return {};
}

/// Maps one page again and again: each mapping is an entry of its own in the kernel's list, since
/// the next one does not continue it.
std::string mapped_as_often_as_may_be() {
    stage::require_no_sanitizer();
    const auto limit = shm::map_count();
    if (!limit || limit->most > 200'000) {
        throw NotHere("vm.max_map_count is large: this row would make as many mappings");
    }
    const int fd = stage::make_memfd(static_cast<off_t>(page));
    // The heap grows now: it could not when all mappings are taken, and the message needs some.
    static_cast<volatile char&>(std::vector<char>(64 << 10).front()) = 1;
    while (mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED) continue;
    checked::mmap(nullptr, page, PROT_READ, MAP_SHARED, fd, 0);
    return {};
}

const Row rows[] = {
    {"shmget-over-shmmax", "one segment larger than kernel.shmmax", "shmget", "EINVAL",
     "shmget gives EINVAL for four reasons; this is one; a container may have a limit of its "
     "own",
     "ask for less, or raise the limit: sysctl -w kernel.shmmax=N, kept in /etc/sysctl.d; "
     "docker run --sysctl kernel.shmmax=N",
     [] {
         stage::set_limit("shmmax", "1048576");
         return got_segment(2 << 20);
     }},
    {"shmget-over-shmall", "more memory in all segments than kernel.shmall", "shmget", "ENOSPC",
     "shmall counts pages, not bytes, of all segments together",
     "remove segments that no process uses (nattch 0 in ipcs -m, and in ipcs -mp a creator "
     "that is gone): ipcrm -m ID; or raise it: sysctl kernel.shmall; /etc/sysctl.d keeps it; "
     "a container: docker run --sysctl kernel.shmall=N",
     [] {
         stage::set_limit("shmall", "16");
         return got_segment(17 * page);
     }},
    {"shmget-over-shmmni", "one segment more than kernel.shmmni", "shmget", "ENOSPC",
     "the same number as for shmall, and another limit",
     "remove segments that no process uses: ipcs -m; ipcs -mp tells which process makes them; "
     "or raise it: sysctl kernel.shmmni; /etc/sysctl.d keeps it; a container: docker run "
     "--sysctl kernel.shmmni=N",
     [] {
         stage::set_limit("shmmni", "1");
         checked::shmget(IPC_PRIVATE, page, 0600);
         return got_segment(page);
     }},
    {"shmget-no-memory", "a segment larger than the machine", "shmget", "ENOMEM",
     "no limit is set, but the machine has less memory; with vm.overcommit_memory 2, "
     "CommitLimit is what counts (grep Commit /proc/meminfo)",
     "ask for less; or, if vm.overcommit_memory is 2, make it 0, or vm.overcommit_ratio higher",
     [] {
         int overcommit = 0;
         std::ifstream("/proc/sys/vm/overcommit_memory") >> overcommit;
         if (overcommit == 1) throw NotHere("vm.overcommit_memory is 1: no size is refused");
         constexpr std::uint64_t size = std::uint64_t{1} << 46;
         if (size > std::numeric_limits<std::size_t>::max())
             throw NotHere("a size has 32 bits: a machine may have more");
         return got_segment(static_cast<std::size_t>(size));
     }},
    {"shmget-huge", "a segment of huge pages, and the pool is empty", "shmget", "ENOMEM",
     "the pool has no pages until the administrator sets it",
     "leave SHM_HUGETLB out, or set the pool",
     [] {
         const auto pool = shm::huge_pages();
         const std::size_t more = pool ? static_cast<std::size_t>(pool->most + 1) : 0;
         return got_huge(more * shm::read_huge_pages().huge, EPERM,
                         "needs the machine's CAP_IPC_LOCK, or the group vm.hugetlb_shm_group");
     }},
    {"shmget-huge-user", "a segment of huge pages, by an ordinary user", "shmget", "EPERM",
     "it takes CAP_IPC_LOCK, the group in vm.hugetlb_shm_group, or RLIMIT_MEMLOCK (obsolete)",
     "memfd_create, MFD_HUGETLB; not your program: sysctl -w vm.hugetlb_shm_group=GID, a "
     "group of its account",
     [] {
         stage::limit_process(RLIMIT_MEMLOCK, 0);
         stage::give_up_root();
         return got_huge(shm::read_huge_pages().huge, ENOMEM,
                         "this user is of the group vm.hugetlb_shm_group");
     }},
    {"shmget-zero", "a new segment of 0 bytes", "shmget", "EINVAL",
     "0 is allowed only for a segment that exists", "a size of at least 1",
     [] { return got_segment(0); }},
    {"semget-over-semmsl", "more semaphores in a set than kernel.sem allows", "semget", "EINVAL",
     "semmsl, the first of kernel.sem's four numbers",
     "several sets, or raise the limit, and keep the other three of sysctl kernel.sem",
     [] { return got_set(static_cast<int>(shm::semmsl().most) + 1); }},
    {"semget-over-semmni", "one set more than kernel.sem allows", "semget", "ENOSPC",
     "semmni, the fourth of kernel.sem's numbers",
     "remove sets that no process uses: ipcs -s, ipcrm -s ID; or raise it, and keep the other "
     "three of sysctl kernel.sem; /etc/sysctl.d keeps it; a container: docker run --sysctl "
     "kernel.sem=...",
     [] {
         stage::set_limit("sem", "32000 1024000000 500 1");
         checked::semget(IPC_PRIVATE, 1, 0600);
         return got_set(1);
     }},
    {"semget-over-semmns", "more semaphores in all sets than kernel.sem allows", "semget", "ENOSPC",
     "semmns, the second of kernel.sem's numbers",
     "remove sets that no process uses: ipcs -s, ipcrm -s ID; "
     "or raise it, and keep the other three of sysctl kernel.sem; /etc/sysctl.d keeps it",
     [] {
         stage::set_limit("sem", "32000 10 500 32000");
         return got_set(11);
     }},
    {"mlock-over-limit", "more memory is locked than an ordinary user may", "mlock", "ENOMEM",
     "RLIMIT_MEMLOCK; ENOMEM does not say that the memory is full. Or a part of the range is "
     "not mapped",
     "go on unlocked, and say so; or have the limit raised (/etc/security/limits.d; a "
     "service: LimitMEMLOCK=; Docker: --ulimit memlock=-1)",
     [] { return locked(page, 16 * page); }},
    {"mlock-none", "memory is locked where none may be", "mlock", "EPERM", "RLIMIT_MEMLOCK is 0",
     "go on unlocked, and say so; or have it raised, as for ENOMEM",
     [] { return locked(0, page); }},
    {"address-space", "a mapping larger than the address space that is left", "mmap", "ENOMEM",
     "RLIMIT_AS; the machine may have the memory all the same", "raise the limit, or map less",
     [] {
         const std::size_t size = std::size_t{1} << 30;
         const int fd = stage::make_memfd(static_cast<off_t>(size));
         stage::limit_process(
             RLIMIT_AS, static_cast<std::size_t>(*shm::process_limit(RLIMIT_AS).used) + (16 << 20));
         checked::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
         return std::string();
     }},
    {"mmap-too-many", "one mapping more than vm.max_map_count", "mmap", "ENOMEM",
     "a process may have so many mappings (wc -l /proc/PID/maps); the machine may have much "
     "memory left",
     "fewer and larger mappings, and munmap what is done with; or raise the limit, on the "
     "host for a container, too; /etc/sysctl.d keeps it",
     mapped_as_often_as_may_be},
    {"mq-too-many", "a queue of more messages than may be", "mq_open", "EINVAL",
     "mq_maxmsg is over fs.mqueue.msg_max, or mq_msgsize over fs.mqueue.msgsize_max; with "
     "CAP_SYS_RESOURCE a higher limit counts",
     "fewer messages, or shorter ones; or raise it: sysctl -w fs.mqueue.msg_max=N "
     "fs.mqueue.msgsize_max=N; a container: docker run --sysctl",
     [] {
         mq_attr wanted = {};
         wanted.mq_maxmsg = 100'000;
         wanted.mq_msgsize = 8;
         checked::mq_open(stage::name, O_CREAT | O_EXCL | O_RDWR, 0600, &wanted);
         return std::string();
     }},
    {"mq-over-bytes", "a queue of more bytes than an account's queues may have", "mq_open",
     "EMFILE",
     "RLIMIT_MSGQUEUE limits the bytes of all POSIX queues of an account together; open files "
     "have another limit, of the same error",
     "remove queues that no process uses (ls -l /dev/mqueue), make them smaller, or raise the "
     "limit: ulimit -q; a service: LimitMSGQUEUE=N; Docker: --ulimit msgqueue=N",
     [] {
         stage::limit_process(RLIMIT_MSGQUEUE, 1000);
         mq_attr wanted = {};
         wanted.mq_maxmsg = 10;
         wanted.mq_msgsize = 1024;
         checked::mq_open(stage::name, O_CREAT | O_EXCL | O_RDWR, 0600, &wanted);
         return std::string();
     }},
};

}  // namespace

const std::span<const Row> limit_rows = rows;
