/// @file
/// Memory that the two sides of a measurement share. Used by lessons 04, 05 and 07.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace measure {

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
    /// @throws SystemError if there is not so much memory
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
    std::size_t page_;
    std::size_t each_;
    std::size_t size_;
    void* memory_;
};

}  // namespace measure
