/// @file
/// Lesson 02: what both programs ask of the segment and of each other.
#pragma once

#include "slot.hpp"

#include "common/stop.hpp"

#include <sys/shm.h>  // shmid_ds

#include <string>

/// Returns the kernel's record of the segment (IPC_STAT): size, owner, how many have it attached.
/// @throws shm::SystemError EINVAL or EIDRM if it has been removed
shmid_ds segment_record(int shmid);

/// Says whether the segment is gone from under its key: marked for removal, or removed.
bool is_removed(const shmid_ds& record);

/// Throws shm::Failure unless the segment belongs to this user and has exactly a slot's size.
/// @param segment  how to call it in the message, e.g. "key 0x00003039"
void require_ours(const shmid_ds& record, const std::string& segment);

enum class Turn { mine, peer_gone, timed_out };

/// Waits until the slot's state is `wanted`, looking a thousand times a second (lesson 03 waits
/// without looking), and seeing to it that somebody is still there to change it.
///
/// @param peer_came  whether the other process has attached yet: before that, nobody can be missed
Turn wait_for_turn(const Slot& slot, SlotState wanted, int shmid, bool peer_came,
                   const shm::Deadline& deadline);

/// Removes the segment that a killed producer left under `key`, if it is one, and says so.
///
/// @throws shm::Failure if a live process is attached to it, if it belongs to another user or if it
///         is another program's: it is then left as it is
void remove_segment_of_the_dead(key_t key);
