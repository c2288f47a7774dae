/// @file
/// What rows need to make their mistakes: all of it in the process that plays the row, and undone
/// with it.
#pragma once

#include "common/kernel/room.hpp"  // page_size

#include <sys/mman.h>   // PROT_READ
#include <sys/sem.h>    // sembuf
#include <sys/types.h>  // key_t

#include <cstddef>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

/// This machine does not allow to provoke the row; what() says why.
struct NotHere : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The row did not come out as it has to; what() says how.
struct Unexpected : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace stage {

/// Moves this process into IPC and mount namespaces of its own, with an empty /dev/shm, where it
/// may. All that a row leaves then goes with them, even if it is killed.
void enter();

bool is_allowed();          ///< Says, from a process of its own, whether enter() is granted.
void require_namespaces();  ///< @throws NotHere if enter() was refused
/// Where an address sanitizer is built in: it opens files, and makes mlock do nothing.
/// @throws NotHere there
void require_no_sanitizer();
void require_root(const char* why);  ///< @throws NotHere unless this is a root who can be others

/// Returns what this machine lacks, where that is why a call failed so: the call itself, or
/// /dev/shm; "" where errno says nothing of the kind.
std::string what_is_missing(int error);

/// Removes what a killed row may have left under name and key, where there are no namespaces.
/// @throws shm::Failure if something stands there that is not ours, or that a process uses
void sweep();

/// Mounts a tmpfs with these options in the place of our own /dev/shm.
/// @param flags  more of mount's flags, e.g. MS_NOEXEC (man 2 mount)
void mount_small(const std::string& options, unsigned long flags = 0);
/// Sets a limit of our own IPC namespace, e.g. "shmmax".
void set_limit(const char* name, const std::string& value);
/// Sets one of this process's own limits, e.g. RLIMIT_NOFILE.
void limit_process(int resource, std::size_t value);
/// Goes on as the user nobody, for good.
void become_other_user();
/// The same where this is a root who can. Else there is nothing to give up: the rights of a user
/// namespace's only user count for nothing that a row asks for (common/kernel/capability.hpp).
void give_up_root();

/// Goes on in a user namespace that maps no account, for good (man 7 user_namespaces).
/// @throws NotHere where there are none to be had
void become_unmapped();
/// The next child is the first process of a new pid namespace; later ones are in it, too.
/// @throws NotHere where there are none to be had
void begin_pid_namespace();

/// Gives up the right to open files, whatever their mode, for good (man 7 landlock).
/// @throws NotHere where the kernel has no Landlock
void enter_sandbox();

/// The name of the rows' objects and semaphores, the key of their segments and sets.
extern const char* const name;
extern const key_t key;

int make_object(off_t size, mode_t mode = 0600);                ///< Returns its descriptor.
char* map(int fd, std::size_t size, int protection);            ///< Maps it, shared.
int make_segment(std::size_t size, int mode = 0600);            ///< Returns its id.
int make_set(int count, int first_value = 0, int mode = 0600);  ///< Returns its id.
int make_memfd(off_t size, unsigned seals = 0);                 ///< Returns its descriptor.

/// Calls semop, checked; returns nothing to say.
std::string operated(int semid, std::vector<sembuf> changes);

/// Returns a T in memory that children share, until this process ends.
template <typename T>
T* shared() {
    const std::size_t page = shm::page_size();
    return new (map(make_memfd(page), page, PROT_READ | PROT_WRITE)) T;
}

/// Runs `part` in a child that is killed at its end, and waits for that.
void in_killed_child(const std::function<void()>& part);
/// Runs `part` in a child, and returns its pid once it sleeps in a call of `part`.
pid_t in_waiting_child(const std::function<void()>& part);
/// Runs `part` in a child that then goes on to sleep, until this process ends.
/// Returns when `part` is through.
void in_sleeping_child(const std::function<void()>& part);

/// From now on a signal comes every 10 ms; its handler was set with SA_RESTART, and does nothing.
void begin_signals();

void expect(bool as_expected, const std::string& otherwise);  ///< @throws Unexpected unless true

}  // namespace stage
