#include "table.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace {

//! [keep order]
/// Keeps the compiler from moving stores across this line. The processor needs no telling: when a
/// process is killed, the stores up to some instruction are done, and the later ones are not.
void keep_order() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}
//! [keep order]

/// What `pid` adds to the sum; any bits that a peer may have put there add up without overflow.
std::uint64_t summand(pid_t pid) {
    return static_cast<std::uint32_t>(pid);
}

std::uint64_t sum_of_entries(const Table& table, std::uint32_t count) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += summand(table.pids[i]);
    return sum;
}

}  // namespace

//! [add process]
std::uint32_t add_process(Table& table, pid_t pid) {
    const std::uint32_t count = table.count;  // once: a peer that misbehaves could change it
    if (count >= table_entries) {
        throw shm::Failure(
            fmt::format("the table is full: {} of {} entries are taken; it empties when "
                        "the last worker has ended",
                        count, table_entries));
    }
    if (table.pid_sum != sum_of_entries(table, count)) {
        throw shm::Failure(
            "the table does not agree with itself: its sum is not that of its "
            "entries; end all workers, the next one starts afresh");
    }
    // relaxed, both: the lock orders them for other processes, keep_order() for a sudden death.
    table.changing.store(1, std::memory_order_relaxed);
    keep_order();
    table.pids[count] = pid;
    table.pid_sum += summand(pid);
    keep_order();  // a death here leaves a sum that is not that of the entries which count
    table.count = count + 1;
    keep_order();
    table.changing.store(0, std::memory_order_relaxed);
    return count + 1;
}
//! [add process]

//! [repair table]
bool repair(Table& table) {
    // relaxed: the lock has ordered everything that its last holder did before us.
    if (table.changing.load(std::memory_order_relaxed) == 0) return false;
    // The count decides: killed before it was raised, the entry beyond it is taken back; after it,
    // all is there.
    const std::uint32_t found = table.count;  // once: std::min takes references, and looks twice
    const std::uint32_t count = std::min(found, table_entries);
    table.count = count;
    std::fill(std::begin(table.pids) + count, std::end(table.pids), 0);
    table.pid_sum = sum_of_entries(table, count);
    keep_order();  // a death before this line leaves the same to do for the next one
    table.changing.store(0, std::memory_order_relaxed);
    shm::note("a process was killed while it changed the table; the table is whole again");
    return true;
}
//! [repair table]
