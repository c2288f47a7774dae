/// @file
/// POSIX objects: opening one that any account may have made, whose it is, whether a name still
/// leads to it (lesson 01); and making one that gets its name only when it is whole (lesson 04).
#pragma once

#include "common/program/descriptor.hpp"
#include "common/program/stop.hpp"

#include <string>

namespace shm {

/// Creates an object that has no name yet: should this process be killed now, nothing is left.
/// @param name  the name that it is to have, which messages about it say
/// @returns its descriptor, open for reading and writing
/// @throws SystemError if /dev/shm does not take it: EOPNOTSUPP where its file system has no
///                      O_TMPFILE; a tmpfs has
Descriptor create_nameless(const std::string& name);

/// Gives the object behind `fd` its name: with all that it holds, or not at all (man 2 linkat).
/// @param fd  what create_nameless() returned
/// @returns false if another object has the name: another process was faster
/// @throws SystemError if it cannot: ENOENT where /proc is not mounted
bool give_name(int fd, const std::string& name);

/// Opens the object `name`. Does not wait for it: where there is none, it returns at once. It opens
/// with O_NONBLOCK, since the kernel would let an open() of a FIFO wait for the other end, and an
/// open() of a file under a lease for the lease's holder (man 2 fcntl, F_SETLEASE).
///
/// @param deadline  until when it tries again while another process has a lease on it
/// @param flags  O_RDONLY or O_RDWR; no O_CREAT
/// @returns the descriptor; none (-1) if there is no such name
/// @throws Failure if it is no shared memory object, or if the lease's holder keeps it
Descriptor open_object(const std::string& name, int flags, const Deadline& deadline);

/// Says whether the object behind `fd` is this process's account's. Its uid alone does not tell: in
/// a user namespace that maps few accounts, all others show as user 65534, and so may this one (man
/// 7 user_namespaces). So it asks for O_NOATIME, which the kernel grants to the real owner, and
/// to CAP_FOWNER only where the owner is mapped, and gives it back (man 2 fcntl, F_SETFL).
/// @param fd  open for reading or for writing
/// @throws SystemError if `fd` is not open
bool is_own_account(int fd);

/// Throws Failure, with both accounts, if the object behind `fd` is not this process's account's:
/// what a stranger has put there is not trusted.
void require_own_account(int fd, const std::string& name);

/// Says whether `name` is still the name of the object behind `fd`. By hand it may have been
/// removed, or moved, and another object may have the name by now. The answer may be old at once,
/// unless the caller holds a lock that those who remove the name take.
/// @throws SystemError if it cannot tell: where /dev/shm may not be searched
bool has_name(int fd, const std::string& name);

}  // namespace shm
