#include "print.hpp"

#include "common/program/console.hpp"

void print_text(const Shown& shown) {
    const Row& row = *shown.row;
    const Outcome& outcome = shown.outcome;
    shm::say("{}: {}", row.call, row.fault);
    if (!outcome.not_here.empty()) {
        shm::say("  not possible here ({}): {}", row.expected, outcome.not_here);
    } else if (!shown.is_as_expected()) {
        shm::say("  {} WAS EXPECTED, {} CAME: {}", row.expected, outcome.seen, outcome.message);
    } else {
        shm::say("  {}  {}", outcome.seen, outcome.message);
    }
    shm::say("  cause: {}", row.cause);
    shm::say("  cure:  {}", row.cure);
}
