/// @file
/// Namespaces (man 7 namespaces): which ones this process is in, for what that says about others'
/// numbers and accounts (lessons 02 and 03), and new ones, in which lesson 06's gallery and lesson
/// 07's tool have IPC objects, limits and mounts that no other process sees.
#pragma once

#include <cstdint>
#include <optional>

namespace shm {

/// Who an ordinary user is in the user namespace that it gets.
enum class Inside {
    same_user,  ///< itself: a program that it runs has no more rights than before
    root,       ///< root, and so are the programs that it runs
};

/// Moves the calling process, and what it starts from here on, into new namespaces (man 7
/// namespaces). What is in them ends with their last process, however that ends. Root gets them as
/// it is; anybody else in a user namespace, where it may do what root may, to nothing but what
/// belongs to that (man 7 user_namespaces). The process must have one thread.
///
/// @param which  CLONE_NEWIPC, CLONE_NEWNS, or both
/// @throws SystemError where that is not allowed. The process may be half moved then: end it, or do
///         without
void enter_namespaces(int which, Inside inside);

/// Returns the number that the kernel shows in place of each account, or each group, that this user
/// namespace does not map (man 5 proc_sys_kernel, overflowuid); 65534 where /proc does not tell.
unsigned shown_for_unmapped_user();
unsigned shown_for_unmapped_group();  ///< likewise

/// Says whether any stranger may look like this process: in a user namespace that does not map all
/// accounts, those that it lacks are shown as one (/proc/sys/kernel/overflowuid, 65534), and this
/// process has that number, too. Then an owner that equals ours proves nothing (man 7
/// user_namespaces). Where /proc does not tell, a process with that number cannot know: true.
bool strangers_look_like_us();

/// Returns the number of this process's pid namespace, which no other one has as long as a process
/// is in it; nothing where /proc does not tell. It is the file's inode, so it lies under 2^64 and
/// is never 0 (man 7 namespaces).
std::optional<std::uint64_t> pid_namespace();

/// Says whether this process is in the machine's first user namespace, which holds all the others:
/// only there is root the machine's own. Where /proc does not tell, the answer is no.
bool in_first_user_namespace();

/// Says whether this process is in the machine's first pid namespace, which holds all the others:
/// only there are all processes listed. Where /proc does not tell, the answer is no.
bool in_first_pid_namespace();

}  // namespace shm
