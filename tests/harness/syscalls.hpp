/// @file
/// In which system call a process sleeps.
#pragma once

#include <sys/types.h>  // pid_t

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace harness {

/// A thread's state and processor time, and who is the parent of its process.
struct Stat {
    char state = 'X';    ///< 'R' runs, 'S' sleeps and can be interrupted, 'D' cannot; 'X' has ended
    pid_t parent = 0;    ///< 0: of another pid namespace, or has ended
    double seconds = 0;  ///< of processor time
};

/// Looks at /proc/PID or /proc/PID/task/TID (man 5 proc: fields 3, 4, 14 and 15 of stat, behind the
/// name in brackets, which may itself hold brackets, blanks and new lines).
Stat stat_of(const std::string& task);

/// The names that sleeps_in() knows: of the calls that can sleep, those that this processor has.
std::vector<std::string> sleeping_calls();

/// A system call's arguments, as the kernel gets them.
using Arguments = std::array<std::uint64_t, 6>;

/// The names of the calls before which a process can be held: those, the ones of System V's
/// semaphores and segments, and some with a certain command, such as "semctl(SETVAL)".
std::vector<std::string> known_calls();

/// The numbers of one of known_calls(), and of its variants.
std::vector<long> numbers_of(const std::string& call);

/// Says whether the number is one of them.
bool is_call(long number, const std::string& call);

/// Says whether the call is that one, and has its command, where the name says one.
bool is_call(long number, const Arguments& arguments, const std::string& call);

/// Says whether the process sleeps in that system call, by /proc/PID/syscall.
///
/// @param call  one of sleeping_calls(); `semop` and `semtimedop` mean either, and so do the
///              variants of other calls that the C library may choose: `nanosleep`, `poll`,
///              `select`
bool sleeps_in(pid_t pid, const std::string& call);

/// Says what a process is doing, for a person: "sleeps in semop", "runs", "has ended".
std::string doing(pid_t pid);

/// Says whether the thread sleeps in a system call that another process must end, since it was
/// given no time limit.
bool sleeps_without_limit(pid_t thread);

}  // namespace harness
