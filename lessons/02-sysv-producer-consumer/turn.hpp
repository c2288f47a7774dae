/// @file
/// Lesson 02: waiting for one's turn at the slot.
#pragma once

#include "slot.hpp"

#include "common/program/stop.hpp"
#include "common/program/wait_notice.hpp"

#include <sys/types.h>  // key_t

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/// How many messages there are without --messages.
constexpr std::uint64_t default_messages = 5;

/// How a wait for one's turn ended.
enum class Turn {
    mine,       ///< the slot's state is what this process waited for
    peer_gone,  ///< the peer had attached, and has ended without doing its part
    timed_out,  ///< neither, within the time
};

/// Waits until the slot's state is `wanted`. Looks at it a thousand times a second (lesson 03 waits
/// without looking), and asks the kernel each time whether the peer, which has to change it, is
/// still attached.
///
/// @param peer_came  whether the peer has attached yet: until it has, a single attachment means
///                   that it has not come, not that it has ended
Turn wait_for_turn(const Slot& slot, SlotState wanted, int shmid, bool peer_came,
                   const shm::Deadline& deadline);

/// Waits until the producer, which has come, has filled the slot. If that takes more than a moment,
/// says on standard error that this process waits for the producer.
/// @param notice  says so once for all messages
/// @throws shm::Failure if the producer has ended, or has not done so within `timeout`
void wait_for_message(const Slot& slot, int shmid, std::uint32_t number, std::uint64_t messages,
                      std::chrono::milliseconds timeout, shm::WaitNotice& notice);

/// Waits until the consumer has emptied the slot of message `number`. If that takes more than a
/// moment, says on standard error that this process waits for the consumer.
/// @param command  what starts a consumer, for the line that says so
/// @throws shm::Failure if the consumer has ended, if none has taken the message within `timeout`,
///         or if a process that has nothing to do with it has removed the segment
void wait_until_taken(const Slot& slot, int shmid, std::uint64_t number,
                      std::chrono::milliseconds timeout, const std::string& command);

/// Returns what to type for the other program, so that it meets this one.
std::string command_for(std::string_view program, key_t key, std::uint64_t messages);
