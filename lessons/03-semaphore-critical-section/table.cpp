#include "table.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <fmt/format.h>

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

}  // namespace

//! [add process]
std::uint32_t add_process(Table& table, pid_t pid) {
    const std::uint32_t count = table.count;  // once: a peer that misbehaves could change it
    if (count >= table_slots) {
        throw shm::Failure(
            fmt::format("the table is full: {} of {} slots are taken; it empties when "
                        "the last worker has ended",
                        count, table_slots));
    }
    // relaxed, both: the lock orders them for other processes, keep_order() for a sudden death.
    table.changing.store(1, std::memory_order_relaxed);
    keep_order();
    table.pids[count] = pid;
    keep_order();
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
    // Killed before count was raised: the slot beyond it is undone. After it: all is there.
    const std::uint32_t found = table.count;  // once: std::min takes references, and looks twice
    const std::uint32_t count = std::min(found, table_slots);
    table.count = count;
    std::fill(std::begin(table.pids) + count, std::end(table.pids), 0);
    keep_order();
    table.changing.store(0, std::memory_order_relaxed);
    shm::note("a process was killed while it changed the table; the table is whole again");
    return true;
}
//! [repair table]
