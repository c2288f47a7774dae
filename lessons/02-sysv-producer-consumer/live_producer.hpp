/// @file
/// Lesson 02: whose segment is it? What both programs ask before they trust a segment that they
/// find under their key. The page's "When one of the two ends" explains it.
#pragma once

#include "slot.hpp"

#include <sys/types.h>  // key_t

/// What became of the producer whose segment stands under the key.
enum class ProducerState {
    /// The kernel's record does not tell yet; ask again. Either the producer has not published, or
    /// it has published and ended, and some other process is attached: another consumer that is
    /// asking the same, and detaches in a moment.
    is_unknown,
    is_alive,  ///< it has published, and is attached
    has_died,  ///< it had published, and the kernel counts no attachment but ours
};

/// Asks the kernel for the producer of the segment that we have attached at `slot`. Changes
/// nothing.
/// @throws shm::Failure if the segment is another account's, or another program's
ProducerState producer_of(const Slot& slot, int shmid);

/// Removes the segment that a killed producer left under `key`, if there is one, and says so.
/// @throws shm::Failure if a live process uses it, or if it is another account's or program's
void free_key_of_the_dead(key_t key);
