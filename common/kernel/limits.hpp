/// @file
/// What the kernel allows of shared memory, semaphores and queues, and how much of it is used now.
/// Lesson 06 teaches it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shm {

/// One limit, as it stands at this moment.
struct Limit {
    std::string name;        ///< as it is set: "kernel.shmmni", "RLIMIT_NOFILE", "/dev/shm"
    std::string what;        ///< what it limits: "segments on this system"
    std::string unit;        ///< of both numbers: "segments", "bytes", "pages"
    std::string raise;       ///< the command that raises it, N where the new value goes
    std::uint64_t most = 0;  ///< the limit itself; unlimited where there is none
    std::optional<std::uint64_t> used;  ///< where the kernel keeps count, and shows it to us
};

/// The value of Limit::most that stands for no limit.
constexpr std::uint64_t unlimited = UINT64_MAX;

/// Returns the limit on the bytes of one System V segment (man 2 shmctl, IPC_INFO).
Limit shmmax();
/// Returns the limit on the pages of all segments (man 2 shmctl, IPC_INFO and SHM_INFO).
Limit shmall();
/// Returns the limit on how many segments there are (man 2 shmctl, IPC_INFO and SHM_INFO).
Limit shmmni();

/// Returns the limit on the semaphores of one System V set (man 2 semctl, IPC_INFO).
Limit semmsl();
/// Returns the limit on the semaphores of all sets (man 2 semctl, IPC_INFO and SEM_INFO).
Limit semmns();
/// Returns the limit on the operations of one semop call (man 2 semctl, IPC_INFO).
Limit semopm();
/// Returns the limit on how many sets there are (man 2 semctl, IPC_INFO and SEM_INFO).
Limit semmni();

/// Returns the limit on the bytes of one System V message (man 2 msgctl, IPC_INFO).
Limit msgmax();
/// Returns the limit on the bytes of one message queue (man 2 msgctl, IPC_INFO).
Limit msgmnb();
/// Returns the limit on how many message queues there are (man 2 msgctl, IPC_INFO and MSG_INFO).
Limit msgmni();

/// Returns one of the process's own limits and what this process uses of it (man 2 getrlimit).
/// @param resource  RLIMIT_MEMLOCK, RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_FSIZE or RLIMIT_MSGQUEUE
Limit process_limit(int resource);

/// Returns a limit that is a number in a file below /proc/sys, e.g. "fs.mqueue.msg_max"; none
/// where this kernel has no such file. What is used of it is not known.
std::optional<Limit> sysctl_limit(std::string_view name, std::string_view what,
                                  std::string_view unit);

/// Returns how many mappings a process may have, and how many this one has (man 5 proc,
/// vm.max_map_count); none where /proc does not show it.
std::optional<Limit> map_count();

/// Returns how many files may be open on the system, and how many are (man 5 proc, fs.file-max);
/// none where /proc does not show it. Root may open more.
std::optional<Limit> open_files();

/// Returns the pool of huge pages of the standard size (man 5 proc, vm.nr_hugepages); reserved ones
/// count as used. None where this kernel has no huge pages.
/// @param proc  where /proc is; a test has one of its own
std::optional<Limit> huge_pages(const std::string& proc = "/proc");

/// Returns the room in the file system that holds `path`, as a limit in bytes; none where the path
/// is not there. A file system that takes all of the memory is unlimited.
std::optional<Limit> file_system_bytes(const std::string& path);

/// Returns how many files the file system that holds `path` can have (man 3 statvfs); none where
/// the path is not there.
std::optional<Limit> file_system_files(const std::string& path);

/// Returns all of these that this machine has, in this order: System V (none where the kernel is
/// built without), POSIX queues, /dev/shm, the calling process's own.
std::vector<Limit> limits();

/// Returns how near a limit is, 0 to 100; none where there is no limit, where nothing at
/// all is allowed, or where what is used is unknown.
std::optional<unsigned> percent_used(const Limit& limit);

/// Returns the limit as a message has it: "kernel.shmmni is 4096 segments, 17 in use".
std::string limit_text(const Limit& limit);

}  // namespace shm
