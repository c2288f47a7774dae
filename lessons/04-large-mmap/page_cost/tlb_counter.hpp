/// @file
/// Lesson 04, page_cost: the processor's own count of TLB misses, where it can be had.
#pragma once

#include <cstdint>
#include <string>

namespace page_cost {

/// Counts the loads of this process whose address the TLB did not know (man 2 perf_event_open).
/// Virtual machines mostly hide the processor's counters; the program goes on without.
class TlbCounter {
public:
    /// Starts counting, if it can.
    TlbCounter();
    /// Starts counting another event, by its numbers as perf_event_open() takes them.
    TlbCounter(std::uint32_t type, std::uint64_t config);
    TlbCounter(const TlbCounter&) = delete;
    TlbCounter& operator=(const TlbCounter&) = delete;
    ~TlbCounter();

    /// Says whether there is a counter.
    bool available() const noexcept { return fd_ != -1; }
    /// Returns why there is none: errno's text; "" where there is one.
    const std::string& reason() const noexcept { return reason_; }
    /// Returns the count up to now, 0 where there is no counter.
    std::uint64_t misses() const;

private:
    int fd_;
    std::string reason_;
};

}  // namespace page_cost
