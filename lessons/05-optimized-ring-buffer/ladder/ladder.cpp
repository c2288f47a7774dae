/// @file
/// Lesson 05: a ring in steps, from a mutex to the ring of this course. Each step differs from the
/// one before by one idea; all are measured in one run, in turn, between two processes on a core
/// each, beside what this machine can do at most.

#include "steps.hpp"
#include "tables.hpp"

#include "../ring_bench/machine.hpp"
#include "../ring_bench/pause.hpp"

#include "common/program.hpp"

int main(int argc, char** argv) {
    using namespace ladder;
    Plan plan;
    bool quick = false;
    return shm::program(
        argc, argv,
        "Measures a ring in steps, from a mutex to the ring of this course: 40 seconds.",
        [&](shm::Options& options) {
            options.flag("--quick", quick, "Fewer and shorter runs: 10 seconds");
            options.number("--messages", plan.messages, 0, 1'000'000'000,
                           "In each run; 0: as many as take some milliseconds");
            options.number("--rounds", plan.rounds, 0, 1000,
                           "How many times each is measured, in turn; 0: 21, with --quick 7");
        },
        [&] {
            if (plan.rounds == 0) plan.rounds = quick ? 7 : 21;
            plan.run_seconds = quick ? 0.02 : 0.06;
            const ring_bench::Machine machine = ring_bench::look_at_machine(false);
            plan.task.producer_cpu = machine.producer_cpu;
            plan.task.consumer_cpu = machine.consumer_cpu;
            plan.task.pauses = ring_bench::pauses_for(20);
            for (const std::string& warning : machine.warnings) shm::note("warning: {}", warning);
            std::vector<Row> rows = steps();
            for (Row& limit : limits()) rows.push_back(limit);
            measure_in_turn(plan, rows);
            const auto first_limit = rows.end() - static_cast<std::ptrdiff_t>(limits().size());
            say_ladder({rows.begin(), first_limit}, {first_limit, rows.end()});
            return 0;
        });
}
