/// @file
/// Lesson 02: waiting for one's turn at the slot.
#pragma once

#include "slot.hpp"

#include "common/stop.hpp"

enum class Turn { mine, peer_gone, timed_out };

/// Waits until the slot's state is `wanted`, looking a thousand times a second (lesson 03 waits
/// without looking), and seeing to it that somebody is still there to change it.
///
/// @param peer_came  whether the other process has attached yet: before that, nobody can be missed
Turn wait_for_turn(const Slot& slot, SlotState wanted, int shmid, bool peer_came,
                   const shm::Deadline& deadline);
