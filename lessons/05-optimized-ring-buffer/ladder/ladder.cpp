/// @file
/// Lesson 05: a ring in steps, from a mutex to the ring of this course. Each step differs from the
/// one before by one idea; all are measured in one run, in turn, between two processes on a core
/// each, beside what this machine can do at most. Then, if asked for, experiments that show why.

#include "figures.hpp"
#include "json.hpp"
#include "steps.hpp"
#include "tables.hpp"

#include "common/measure/machine.hpp"
#include "common/measure/pause.hpp"
#include "common/measure/recording.hpp"
#include "common/program/program.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace {

using namespace ladder;

/// What the command line asks for.
struct Wish {
    Plan plan;
    bool is_quick = false;
    bool asks_why = false;
    measure::Recording recording;
};

void add_options(shm::Options& options, Wish& wish) {
    options.flag("--why", wish.asks_why, "Experiments that show the reasons, too: 30 seconds more");
    options.flag("--quick", wish.is_quick, "Fewer and shorter runs: a quarter of the time");
    measure::add_options(options, wish.recording);
    options.number("--messages", wish.plan.messages, 0, 1'000'000'000,
                   "In each run; 0: as many as take some milliseconds");
    options.number("--rounds", wish.plan.rounds, 0, 1000,
                   "How many times each is measured, in turn; 0: 15, with --quick 7");
}

/// The steps, and what this machine can do at most, measured in turn.
struct Ladder {
    std::vector<Row> steps;
    std::vector<Row> limits;
};

Ladder measure_ladder(const Plan& plan) {
    std::vector<Row> rows = steps();
    const auto count = static_cast<std::ptrdiff_t>(rows.size());
    for (Row& limit : limits()) rows.push_back(limit);
    measure_in_turn(plan, rows);
    return {{rows.begin(), rows.begin() + count}, {rows.begin() + count, rows.end()}};
}

/// Measures each experiment, and says what came out as soon as it is there.
std::vector<Experiment> show_why(const Plan& plan) {
    say_why_begins();
    std::vector<Experiment> shown = experiments();
    for (Experiment& one : shown) {
        measure_in_turn(plan, one.rows);
        say_why(one);
    }
    return shown;
}

int run(Wish& wish) {
    measure::require_possible(wish.recording);
    if (!wish.recording.from.empty()) {
        measure::draw_earlier(wish.recording, figures);
        return 0;
    }
    Plan& plan = wish.plan;
    if (plan.rounds == 0) plan.rounds = wish.is_quick ? 7 : 15;
    plan.run_seconds = wish.is_quick ? 0.02 : 0.05;
    const measure::Machine machine = measure::look_at_machine(false);
    plan.task.cpus = machine.cpus;
    plan.task.pauses = measure::pauses_for(20);
    say_machine(machine);
    const Ladder measured = measure_ladder(plan);
    say_ladder(measured.steps, measured.limits);
    std::vector<Experiment> shown;
    if (wish.asks_why) shown = show_why(plan);
    const auto made = [&] { return record(machine, measured.steps, measured.limits, shown); };
    measure::keep(wish.recording, made, figures);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Wish wish;
    return shm::program(
        argc, argv,
        "Measures a ring in steps, from a mutex to the ring of this course, in about 10 seconds.",
        [&](shm::Options& options) { add_options(options, wish); }, [&] { return run(wish); });
}
