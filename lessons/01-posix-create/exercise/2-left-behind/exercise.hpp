/// @file
/// Exercise 01.2: how a process says that an object is its own.
#pragma once

#include <fcntl.h>  // fcntl, struct flock

// Takes the write lock on byte 0 of the object, which the kernel takes back when its holder ends
// (man 2 fcntl, "Open file description locks"). Returns whether it has it; it does not wait.
inline bool lock_byte_0(int fd) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0;
    lock.l_len = 1;
    return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}
