/// @file
/// The system's calls under their own names and with their own arguments. What differs: a failure
/// is an exception that says the call, its object, the reason here, and the cure; and what a call
/// would store through a pointer is returned (fstat, waitpid; shmctl, semctl and fcntl keep their
/// pointer).
///
///     const int fd = checked::shm_open(name, O_RDWR, 0);   // man 3 shm_open
///
/// What is variadic in the man page has default arguments here. Where a program has an answer of
/// its own to an error, it says to which, and looks at the result:
///
///     const int fd = checked::shm_open(name, O_RDWR, 0, checked::allow(ENOENT));  // -1: not there
///
/// Each of them throws shm::SystemError, or shm::Stopped where a stop signal has interrupted it;
/// any thread may call them. Lesson 01 uses the first of them; lesson 06 shows how the reason is
/// found.
#pragma once

#include "common/program/error.hpp"  // SystemError

#include <fcntl.h>      // struct flock
#include <mqueue.h>     // mqd_t, mq_attr
#include <semaphore.h>  // sem_t
#include <sys/sem.h>    // sembuf, semid_ds
#include <sys/shm.h>    // shmid_ds
#include <sys/stat.h>   // struct stat
#include <sys/types.h>  // mode_t, key_t, pid_t
#include <time.h>       // timespec

#include <array>
#include <cstddef>
#include <string>

namespace checked {

/// Errors that the caller answers itself: the call then returns what it returns for a failure (-1,
/// MAP_FAILED), with errno as it was.
class Allowed {
public:
    /// Up to four errors; 0 is none.
    constexpr explicit Allowed(int first = 0, int second = 0, int third = 0, int fourth = 0)
        : errors_{first, second, third, fourth} {}
    /// Says whether the caller answers `error`.
    constexpr bool has(int error) const {
        for (const int one : errors_) {
            if (error != 0 && one == error) return true;
        }
        return false;
    }

private:
    std::array<int, 4> errors_;
};

/// The errors that the caller answers itself: `allow(ENOENT)`, `allow(EAGAIN, EINTR)`.
constexpr Allowed allow(int first, int second = 0, int third = 0, int fourth = 0) {
    return Allowed(first, second, third, fourth);
}

// ---- POSIX objects (lesson 01) ----

/// Creates or opens the POSIX object `name` (man 3 shm_open).
///
/// @param flags  O_RDWR, O_CREAT ...
/// @param mode   permission bits of a new object; the umask takes bits away
/// @returns a descriptor, close-on-exec; the caller closes it
int shm_open(const std::string& name, int flags, mode_t mode, Allowed allowed = Allowed());

/// Removes the name; the object stays for those who have it open or mapped (man 3 shm_unlink). In a
/// sticky folder, as /dev/shm is, only the object's owner and root may (man 2 unlink).
/// @returns 0; -1 for an error that is allowed
int shm_unlink(const std::string& name, Allowed allowed = Allowed());

/// Opens a file (man 2 open).
/// @returns a descriptor, close-on-exec; the caller closes it
int open(const std::string& path, int flags, mode_t mode = 0, Allowed allowed = Allowed());

/// Makes an object without a name, as large as wanted, in memory (man 2 memfd_create).
/// @param name   shown in /proc only; two may have the same
/// @param flags  MFD_ALLOW_SEALING, MFD_HUGETLB ...; MFD_CLOEXEC is added
/// @returns a descriptor, which the caller closes
int memfd_create(const std::string& name, unsigned flags, Allowed allowed = Allowed());

/// Sets the object's length, in bytes; takes no memory (man 2 ftruncate). Where it makes the object
/// shorter, others who have it mapped get SIGBUS beyond the new end (man 2 mmap).
/// @returns 0; -1 for an error that is allowed
int ftruncate(int fd, std::size_t size, Allowed allowed = Allowed());

/// Takes the memory for `size` bytes from `offset` on, in bytes (man 3 posix_fallocate). A signal
/// that asks for nothing does not end it.
void posix_fallocate(int fd, std::size_t offset, std::size_t size);

/// Returns what the kernel knows of the object: size, owner, mode, inode (man 2 fstat).
struct ::stat fstat(int fd);

/// Takes, releases or asks for a lock on a range of the object's bytes (man 2 fcntl, "Open file
/// description locks").
/// @param command  F_OFD_SETLK, F_OFD_GETLK ...
/// @param lock     the range; F_OFD_GETLK writes there which lock stands in its way
int fcntl(int fd, int command, struct ::flock* lock, Allowed allowed = Allowed());

/// Creates or opens the POSIX semaphore `name` (man 3 sem_open). Its owner closes it: sem_close().
/// @param value  what a new one is set to
sem_t* sem_open(const std::string& name, int flags, mode_t mode = 0, unsigned value = 0);

/// Creates or opens the POSIX queue `name` (man 3 mq_open). Its owner closes it: mq_close().
/// @param attributes  how many messages of how many bytes a new one holds; null: the defaults
mqd_t mq_open(const std::string& name, int flags, mode_t mode = 0,
              const mq_attr* attributes = nullptr);

// ---- mappings (lessons 01 and 04) ----

/// Maps `size` bytes of what is behind `fd` (man 2 mmap). The mapping outlives the descriptor.
///
/// @param where       nullptr: the kernel chooses, in each process by itself
/// @param size        1 or more; what the last page has beyond them is mapped, too
/// @param protection  PROT_READ, or PROT_READ | PROT_WRITE: no more than `fd` was opened for
/// @param flags       MAP_SHARED ...
/// @param offset      in bytes, a multiple of the page
/// @returns where it lies here; the caller unmaps it. MAP_FAILED for an error that is allowed
void* mmap(void* where, std::size_t size, int protection, int flags, int fd, std::size_t offset,
           Allowed allowed = Allowed());

/// Ends the mapping of `size` bytes from `memory` on, in this process alone (man 2 munmap). A later
/// access there is a SIGSEGV.
/// @param memory  a multiple of the page, as mmap() returned it
void munmap(void* memory, std::size_t size);

/// Changes what this process may do with `size` bytes from `memory` on: of whole pages (man 2
/// mprotect).
/// @param memory      a multiple of the page
/// @param protection  PROT_NONE, PROT_READ ...: no more than the descriptor was opened for
void mprotect(void* memory, std::size_t size, int protection);

/// Takes all the pages of `size` bytes from `memory` on into memory, and keeps them there until
/// this process unlocks or unmaps them, or ends (man 2 mlock).
/// @returns 0; -1 for an error that is allowed: ENOMEM and EPERM for RLIMIT_MEMLOCK
int mlock(const void* memory, std::size_t size, Allowed allowed = Allowed());

// ---- System V segments (lesson 02) ----

/// Makes a key of a file and a number, of which 8 bits count (man 3 ftok).
key_t ftok(const std::string& path, int project);

/// Finds or creates the segment under `key` (man 2 shmget).
///
/// @param size   bytes of a new segment, and the least that one that is there must have; 0: any
/// @param flags  IPC_CREAT, IPC_EXCL and permission bits
/// @returns its id, the same in all processes of the IPC namespace
int shmget(key_t key, std::size_t size, int flags, Allowed allowed = Allowed());

/// Attaches the segment to this process, as a whole (man 2 shmat).
///
/// @param address  nullptr: the kernel chooses, in each process by itself
/// @param flags    0, or SHM_RDONLY
/// @returns where it lies here; the caller detaches it. (void*)-1, which is no null pointer, for an
///          error that is allowed
void* shmat(int shmid, const void* address, int flags, Allowed allowed = Allowed());

/// Detaches what shmat() attached at `address`, in this process alone (man 2 shmdt). The segment
/// stays, unless it is marked for removal and this was its last attachment.
void shmdt(const void* address);

/// Asks for, or changes, what the kernel keeps of the segment (man 2 shmctl). To change or remove
/// it takes its owner, its creator, or root.
/// @param command  IPC_STAT, IPC_SET, IPC_RMID, SHM_LOCK ...
/// @param record   filled by IPC_STAT, read by IPC_SET; nullptr for IPC_RMID
/// @returns what the command returns: mostly 0; -1 for an error that is allowed
int shmctl(int shmid, int command, shmid_ds* record, Allowed allowed = Allowed());

// ---- System V semaphores (lesson 03) ----

/// Finds or creates the set of `count` semaphores under `key` (man 2 semget). Those of a new set
/// are 0 on Linux.
///
/// @param count  of a new set, and the least that a set that is there must have; 0: any number
/// @param flags  IPC_CREAT, IPC_EXCL and permission bits
/// @returns its id, the same in all processes of the IPC namespace
int semget(key_t key, int count, int flags, Allowed allowed = Allowed());

/// Makes all the changes in one step, or waits until all of them can be made (man 2 semop). A
/// signal ends the wait with EINTR, whatever its handler was set with (man 7 signal).
/// @returns 0; -1 for an error that is allowed: EAGAIN with IPC_NOWAIT, EINTR, EIDRM ...
int semop(int semid, sembuf* operations, std::size_t count, Allowed allowed = Allowed());

/// The same, no longer than `timeout`; EAGAIN then (man 2 semtimedop).
int semtimedop(int semid, sembuf* operations, std::size_t count, const timespec* timeout,
               Allowed allowed = Allowed());

/// Asks for, or sets, one semaphore's value, or removes the set (man 2 semctl).
/// @param value  what SETVAL sets, 0 to 32767; of no meaning to other commands
/// @returns what the command returns: of GETVAL the value, of GETPID a pid; -1 for an error that is
///          allowed
int semctl(int semid, int index, int command, int value = 0, Allowed allowed = Allowed());

/// Asks for, or changes, what the kernel keeps of the set (man 2 semctl, IPC_STAT, IPC_SET).
int semctl(int semid, int index, int command, semid_ds* record, Allowed allowed = Allowed());

// ---- processes ----

/// Makes a child (man 2 fork). It has copies of this process's descriptors, mappings and
/// attachments, and none of its SEM_UNDO account, F_SETLK locks, robust mutexes and other threads.
/// @returns the child's number; in the child, 0
pid_t fork();

/// Waits until the child has ended, also where a signal that asks for nothing interrupts.
/// @returns how it ended, for WIFEXITED and its like (man 2 waitpid)
int waitpid(pid_t child);

}  // namespace checked
