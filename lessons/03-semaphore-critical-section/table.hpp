/// @file
/// Lesson 03: what lies in the segment, and how a worker changes it so that its death in the middle
/// of the change can be repaired.
#pragma once

#include "common/memory/layout.hpp"

#include <pthread.h>    // pthread_mutex_t
#include <semaphore.h>  // sem_t
#include <sys/types.h>  // pid_t

#include <atomic>
#include <cstdint>
#include <type_traits>

inline constexpr std::uint32_t table_entries = 100;

//! [table struct]
struct Table {
    shm::LayoutHeader header;
    std::uint32_t lock;  // which lock guards it (a LockKind): all workers must use the same
    std::uint64_t pid_namespace;  // in which the pids here are counted; 0: not known
    pthread_mutex_t mutex;        // used with --lock mutex only
    sem_t semaphore;              // used with --lock posix only
    // Who is inside; 0: not known. For messages, and for the one that gets a dead one's mutex.
    std::atomic<pid_t> holder;
    // From here on: only the process that holds the lock may touch it.
    std::atomic<std::uint32_t> changing;  // 1 from the first store of a change to the last
    std::uint32_t count;                  // how many have been here
    std::uint64_t pid_sum;                // the sum of their pids: count and sum must agree
    pid_t pids[table_entries];            // who they were, in order; none is taken out
};
constexpr shm::Layout table_layout = {
    .magic = 0x656c626174336e6c, .version = 3, .size = sizeof(Table)};
//! [table struct]
static_assert(std::is_standard_layout_v<Table>, "all processes must lay it out alike");
// Raise `version` with any change of a member. `magic` is "ln3table", read as a number.
static_assert(std::atomic<pid_t>::is_always_lock_free,
              "a lock inside an atomic would be private to one process");

/// Adds `pid` to the table. Only the holder of the lock may call it.
///
/// @returns how many are in the table now
/// @throws shm::Failure if all entries of the table are taken, or if the sum is not that of the
///         entries; the table is then as it was
std::uint32_t add_process(Table& table, pid_t pid);

/// Repairs the table if a holder of the lock was killed in the middle of add_process(): entries,
/// count and sum agree again, without the one that was killed, or with it if its death came after
/// the count was raised. Says so, if there was anything to do. Only the present holder may call it.
///
/// @returns true if there was anything to do
bool repair(Table& table);
