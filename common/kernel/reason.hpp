/// @file
/// Why a call failed here: errno names a class of reasons, and each of these functions looks which
/// of them it was. Lesson 06 teaches it.
///
/// The calls of common/kernel/checked.hpp ask them after a failure, with the call's own arguments:
/// what a message says about reason and cure is said here, and nowhere else.
///
/// Each takes errno first, and returns what belongs behind errno's text: the reason and what to do
/// about it; or "" where nothing can be said. They change nothing, but what they look at may have
/// changed since the call: then they say what holds for any call that failed so.
#pragma once

#include <sys/sem.h>    // sembuf
#include <sys/types.h>  // key_t, off_t

#include <cstddef>
#include <string>

namespace shm {

/// Returns why shmget() failed (man 2 shmget), e.g. which of EINVAL's meanings it was.
std::string why_shmget(int error, key_t key, std::size_t size, int flags);

/// Returns why shmat() failed (man 2 shmat).
std::string why_shmat(int error, int shmid, const void* address, int flags);

/// Returns why shmctl() failed (man 2 shmctl).
/// @param command  IPC_STAT, IPC_RMID ...
std::string why_shmctl(int error, int shmid, int command);

/// Returns why semget() failed (man 2 semget).
std::string why_semget(int error, key_t key, int count, int flags);

/// Returns why semop() or semtimedop() failed (man 2 semop).
std::string why_semop(int error, int semid, const sembuf* operations, std::size_t count);

/// Returns why semctl() failed (man 2 semctl).
/// @param value  what SETVAL was to set; of no meaning to other commands
std::string why_semctl(int error, int semid, int index, int command, int value);

/// Returns why shm_open() failed (man 3 shm_open).
std::string why_shm_open(int error, const char* name, int flags);

/// Returns why nothing can be had in, or made in, the folder /dev/shm itself: there is none, it is
/// mounted read-only, it is full ... For an ENOENT that a program answers itself, too: is the
/// object missing, or all of /dev/shm?
/// @returns "" where ENOENT is not the folder's
std::string why_shm_folder(int error);

/// Returns why open() failed (man 2 open), as far as it is about shared memory.
std::string why_open(int error, const char* path);

/// Returns why shm_unlink() failed (man 3 shm_unlink).
std::string why_shm_unlink(int error, const char* name);

/// Returns why sem_open() failed (man 3 sem_open).
std::string why_sem_open(int error, const char* name, int flags);

/// Returns why mq_open() failed (man 3 mq_open).
/// @param messages, size  the queue's mq_maxmsg and mq_msgsize; 0 where it was not to be created
std::string why_mq_open(int error, const char* name, long messages, long size);

/// Returns why ftruncate() failed (man 2 ftruncate).
std::string why_ftruncate(int error, int fd, off_t size);

/// Returns why posix_fallocate() failed (man 3 posix_fallocate).
std::string why_posix_fallocate(int error, int fd, off_t offset, off_t size);

/// Returns why mmap() failed (man 2 mmap).
std::string why_mmap(int error, std::size_t size, int protection, int flags, int fd, off_t offset);

/// Returns why mprotect() failed (man 2 mprotect).
std::string why_mprotect(int error, const void* address, int protection);

/// Returns why munmap() failed (man 2 munmap).
std::string why_munmap(int error, const void* address, std::size_t size);

/// Returns why mlock() failed (man 2 mlock).
std::string why_mlock(int error, std::size_t size);

/// Returns what can be said of an error whatever the call was: which limit, how to see it.
std::string why_any_call(int error);

/// Returns why a wait for a mutex or a semaphore in shared memory failed (man 3
/// pthread_mutex_lock, man 3 sem_wait).
/// @param error  what pthread_mutex_lock() and its like returned; errno after sem_wait()
std::string why_lock(int error);

/// Returns errno's text and, after a semicolon, `why`, where there is one.
std::string reason_text(int error, const std::string& why);

}  // namespace shm
