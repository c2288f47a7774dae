/// @file
/// Lesson 05, ring_bench: two sides that run at the same time, a CPU each, on one mapping.
#pragma once

#include "task.hpp"

#include "common/program/error.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ring_bench {

/// What the sides tell each other beside what is measured. In shared memory, on its own lines.
struct alignas(128) Report {
    std::atomic<std::uint32_t> ready;  ///< how many sides are
    double seconds;                    ///< what the timed part took
    std::uint64_t sum;                 ///< of every word that was received
    long switches;                     ///< how often a side slept, where that is asked
    double cpu_seconds;                ///< the processor time that it used, likewise
};

/// Shared memory without a name: a report, and rings. Gone with those who have it mapped.
class Arena {
public:
    /// @param bytes  of a ring
    /// @param rings  how many of them
    explicit Arena(std::size_t bytes, std::size_t rings = 1);
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    /// Returns where ring 0, 1, ... lies; on a page of its own.
    void* ring(std::size_t number) const;
    /// Returns what both sides can write.
    Report& report() const { return *static_cast<Report*>(memory_); }
    /// Called by a side that is ready. Has this process touch all pages, so that no fault is
    /// measured, and returns when the other side is ready, too.
    void start() const;

private:
    std::size_t each_;
    std::size_t size_;
    void* memory_;
};

/// A side was killed; not by us.
class KilledSide : public shm::Failure {
public:
    using shm::Failure::Failure;
};

/// Runs both sides, in a new process each, or in two threads of one new process, and waits until
/// both have ended. Whichever way this ends, they have, too.
/// @param producer  runs on task.producer_cpu
/// @param consumer  runs on task.consumer_cpu
/// @throws KilledSide if a side was killed
/// @throws Failure if a side fails, or has not ended after a minute
void run_pair(const Task& task, Between between, const std::function<void()>& producer,
              const std::function<void()>& consumer);

/// What a thread has used.
struct Usage {
    long switches;       ///< how often it slept (man 2 getrusage, voluntary switches)
    double cpu_seconds;  ///< processor time
};
/// Returns what this thread has used so far.
Usage usage();

}  // namespace ring_bench
