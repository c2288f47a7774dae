/// @file
/// Lesson 01, "A lock that ends with its holder": which object is in use, and which was left
/// behind.
///
/// The writer holds two locks on bytes of its object, which the kernel takes back when the writer
/// ends, however it ends (man 2 fcntl, "Open file description locks"), and no child of it has the
/// descriptor or the mapping. Byte 0: its creator lives; a reader asks after that one. Byte 1: the
/// right to remove the name; a newcomer takes that one, to remove what a dead writer has left. They
/// are part of what both programs agree on: a writer in another language takes the same two.
#pragma once

#include <string>

/// Frees the name if a killed writer has left it, and says so. Does nothing if it is free.
///
/// @throws shm::Failure if a live writer has it, or if it is another account's or another
///         program's: it then stays as it is. (One that is empty, or begins with zeros as a
///         greeting does that was never published, passes for a killed writer's, and is removed.)
void free_name_of_the_dead(const std::string& name);

/// Takes both locks on the object behind `fd`, which this process has just created. They last as
/// long as a descriptor or a mapping of it lasts, here or in a child that fork has given one.
/// @throws shm::Failure if another writer has taken the object for left behind meanwhile, or if the
///         locks are not to be had: that says that the name is left
void claim(int fd, const std::string& name);

/// Says whether the object's creator lives. Locks nothing; a read-only descriptor will do.
bool creator_lives(int fd);

/// Removes the name if it still leads to the object behind `fd`, whose locks this process holds.
/// @throws shm::Failure if that fails: it says that the name is left
void remove_name(int fd, const std::string& name);
