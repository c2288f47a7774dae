/// @file
/// Lesson 05: a ring in steps, from a mutex to the ring of this course. Each step differs from the
/// one before by one idea; all are measured in one run, in turn, between two processes on a core
/// each, beside what this machine can do at most. Then, if asked for, experiments that show why.

#include "json.hpp"
#include "steps.hpp"
#include "tables.hpp"

#include "common/measure/machine.hpp"
#include "common/measure/pause.hpp"
#include "common/measure/record.hpp"
#include "common/program/program.hpp"

int main(int argc, char** argv) {
    using namespace ladder;
    Plan plan;
    bool quick = false;
    bool why = false;
    std::string json;
    const auto run = [&] {
        if (!json.empty()) measure::require_writable(json);
        if (plan.rounds == 0) plan.rounds = quick ? 7 : 15;
        plan.run_seconds = quick ? 0.02 : 0.05;
        const measure::Machine machine = measure::look_at_machine(false);
        plan.task.cpus = machine.cpus;
        plan.task.pauses = measure::pauses_for(20);
        say_machine(machine);
        std::vector<Row> rows = steps();
        const auto count = static_cast<std::ptrdiff_t>(rows.size());
        for (Row& limit : limits()) rows.push_back(limit);
        measure_in_turn(plan, rows);
        const std::vector<Row> measured(rows.begin(), rows.begin() + count);
        const std::vector<Row> limits(rows.begin() + count, rows.end());
        say_ladder(measured, limits);
        std::vector<Experiment> shown;
        if (why) {
            say_why_begins();
            for (Experiment& one : experiments()) {
                measure_in_turn(plan, one.rows);
                say_why(one);
                shown.push_back(one);
            }
        }
        if (!json.empty()) write_json(json, machine, measured, limits, shown);
        return 0;
    };
    return shm::program(
        argc, argv,
        "Measures a ring in steps, from a mutex to the ring of this course, in about 10 seconds.",
        [&](shm::Options& options) {
            options.flag("--why", why, "Experiments that show the reasons, too: 30 seconds more");
            options.flag("--quick", quick, "Fewer and shorter runs: a quarter of the time");
            options.text("--json", json, "FILE", "none", "Write all figures to this file as well");
            options.number("--messages", plan.messages, 0, 1'000'000'000,
                           "In each run; 0: as many as take some milliseconds");
            options.number("--rounds", plan.rounds, 0, 1000,
                           "How many times each is measured, in turn; 0: 15, with --quick 7");
        },
        run);
}
