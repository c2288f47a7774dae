/// @file
/// Lesson 05, ring_bench: what is measured, and who takes part.
#pragma once

#include "common/measure/pair.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ring_bench {

/// The messages' sizes in bytes. The grid has those that are powers of two.
constexpr std::size_t sizes[] = {4, 8, 16, 24, 40, 64, 256, 1024};
constexpr std::size_t capacities[] = {1024, 16384};  ///< how many messages a ring holds

using measure::Between;
using measure::Cpus;

/// What the two sides do beside sending and receiving.
enum class Case {
    steady,         ///< nothing
    slow_consumer,  ///< the consumer works on each message, as long as the fastest ring takes for
                    ///< one
    bursts          ///< the producer rests after each burst, as long as that took
};

/// One run: how many messages of which size, and how.
struct Task {
    std::size_t bytes = 4;        ///< of a message; one of `sizes`
    std::size_t capacity = 1024;  ///< one of `capacities`
    std::uint64_t messages = 0;   ///< in all
    std::uint64_t warm_up = 0;    ///< of these, the first are not timed
    std::size_t span = 0;         ///< messages taken at once; 0: one a call
    Case what = Case::steady;
    std::uint32_t pauses = 0;   ///< after a look in vain: so many pause instructions
    std::uint32_t work = 0;     ///< slow_consumer: steps after each message; bursts: in each rest
    std::uint64_t burst = 256;  ///< messages from one rest to the next
    Cpus cpus;                  ///< where the two sides run
};

/// A ring that takes part, or a limit that is measured like one.
struct Contestant {
    std::string name;  ///< "ours", "boost"
    Between between = Between::processes;
    std::string package;  ///< which Debian package has it; empty: it is ours
    /// Returns messages per second; null where that package was not there at build time.
    double (*stream)(const Task& task) = nullptr;
    /// Returns the nanoseconds from sending a message to having its answer.
    double (*round_trip)(const Task& task) = nullptr;
    /// Returns how many bytes a ring takes; null where that depends on its use.
    std::size_t (*memory)(const Task& task) = nullptr;
    bool has_spans = false;  ///< stream() heeds Task::span
};

Contestant ours();               ///< shm::Ring between processes
Contestant ours_in_threads();    ///< the same ring, between threads
Contestant boost_lockfree();     ///< boost::lockfree::spsc_queue of a fixed capacity
Contestant atomic_queue_spsc();  ///< atomic_queue::AtomicQueue2 for one producer and one consumer
Contestant moodycamel_queue();   ///< moodycamel::ReaderWriterQueue, in threads only: it allocates
Contestant bulk_limit();         ///< whole blocks of 16 KiB; stream() returns bytes per second
Contestant line_limit();         ///< one cache line each way; has a round_trip() only
Contestant alone_limit();        ///< our ring filled and emptied by one process: no second core

}  // namespace ring_bench
