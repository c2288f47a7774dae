/// @file
/// Lesson 05: measures the ring of this course beside three others, between two processes, in turn:
/// messages of several sizes, rings of two capacities, and how near this comes to what the machine
/// can do.

#include "cells.hpp"
#include "figures.hpp"
#include "json.hpp"
#include "tables.hpp"
#include "waiting.hpp"

#include "common/measure/machine.hpp"
#include "common/measure/recording.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/stop.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace {

using namespace ring_bench;

/// What the command line asks for.
struct Wish {
    Plan plan;
    bool is_quick = false;
    std::string cores = "2";
    measure::Recording recording;
    std::string only = "all";
    std::string bytes = "all";
};

void add_options(shm::Options& options, Wish& wish) {
    options.flag("--quick", wish.is_quick, "Fewer and shorter runs: some 20 seconds");
    measure::add_options(options, wish.recording);
    options.choice("--only", wish.only,
                   {"all", "ours", "boost", "atomic_queue", "ours (threads)", "moodycamel"},
                   "Which ring is measured");
    options.choice("--bytes", wish.bytes, {"all", "4", "8", "16", "24", "40", "64", "256", "1024"},
                   "Of which messages");
    options.number("--messages", wish.plan.messages, 0, 4'000'000'000,
                   "In each run; 0: as many as take some milliseconds");
    options.number("--rounds", wish.plan.rounds, 0, 1000,
                   "How many times each is measured, in turn; 0: as there is time");
    options.choice("--cores", wish.cores, {"1", "2"}, "Both sides on one core, or on two");
}

/// Returns what is to be measured, and how long, on those CPUs.
Plan plan_of(const Wish& wish, const measure::Cpus& cpus) {
    Plan plan = wish.plan;
    if (wish.only != "all") plan.only = wish.only;
    if (wish.bytes != "all") plan.bytes = std::stoul(wish.bytes);
    if (plan.rounds == 0) {  // as many as there is time for, 2 at least
        plan.rounds = wish.is_quick ? 5 : 25;
        plan.seconds = wish.is_quick ? 20 : 300;
    }
    plan.run_seconds = wish.is_quick ? 0.008 : 0.030;
    plan.trial_seconds = wish.is_quick ? 0.002 : 0.005;
    plan.trials = wish.is_quick ? 1 : 3;
    plan.cpus = cpus;
    return plan;
}

void say_missing_peers() {
    for (const Contestant& peer : {boost_lockfree(), atomic_queue_spsc(), moodycamel_queue()}) {
        if (peer.stream != nullptr) continue;
        shm::say("without {}: install {}, and build again", peer.name, peer.package);
    }
}

/// Measures the cells, and what waiting costs where ours takes part; and says all that was
/// measured, also where a signal ends it before.
void measure_and_say(const Plan& plan, std::vector<Cell>& cells, Waiting& waiting) {
    const auto say_all = [&] {
        say_results(cells);
        say_waiting(waiting);
    };
    try {
        measure_cells(plan, cells);
        if (plan.only.empty() || plan.only == "ours") measure_waiting(plan, waiting);
    } catch (const shm::Stopped&) {
        say_all();  // what there is
        throw;
    }
    say_all();
}

int run(const Wish& wish) {
    measure::require_possible(wish.recording);
    if (!wish.recording.from.empty()) {
        measure::draw_earlier(wish.recording, figures);
        return 0;
    }
    const measure::Machine machine = measure::look_at_machine(wish.cores == "1");
    const Plan plan = plan_of(wish, machine.cpus);
    say_machine(machine);
    say_missing_peers();
    std::vector<Cell> cells = grid(plan);
    Waiting waiting;
    measure_and_say(plan, cells, waiting);
    const auto made = [&] { return record(plan, machine, cells, waiting); };
    measure::keep(wish.recording, made, figures);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Wish wish;
    return shm::program(
        argc, argv,
        "Measures the ring of this course beside Boost.Lockfree, atomic_queue and moodycamel, in "
        "turn, between two processes on a core each: about five minutes.",
        [&](shm::Options& options) { add_options(options, wish); }, [&] { return run(wish); });
}
