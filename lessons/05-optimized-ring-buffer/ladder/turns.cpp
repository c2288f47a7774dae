#include "turns.hpp"

#include <algorithm>

namespace ladder {

namespace {

void set_messages(Row& row, std::uint64_t messages) {
    // Twice around the ring is not timed: at first its lines are in neither cache.
    row.task.warm_up = std::max(messages / 8, 2 * row.task.capacity);
    row.task.messages = row.task.warm_up + messages;
}

}  // namespace

void measure_in_turn(const Plan& plan, std::vector<Row>& rows) {
    for (Row& row : rows) {
        row.task = plan.task;
        set_messages(row, plan.messages != 0 ? plan.messages : 20'000);
        if (plan.messages != 0) continue;
        for (const double seconds : {plan.run_seconds / 10, plan.run_seconds}) {
            const double count = row.run(row.task) * seconds;
            set_messages(row, static_cast<std::uint64_t>(std::clamp(count, 1e3, 2e9)));
        }
    }
    for (std::uint64_t round = 0; round < plan.rounds; ++round) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            Row& row = rows[round % 2 == 0 ? i : rows.size() - 1 - i];
            row.values.push_back(row.run(row.task));
        }
    }
}

}  // namespace ladder
