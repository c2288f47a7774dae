/// @file
/// Lesson 05: measures the ring of this course beside three others, between two processes, in turn:
/// messages of several sizes, rings of two capacities, and how near this comes to what the machine
/// can do.

#include "cells.hpp"
#include "json.hpp"
#include "tables.hpp"
#include "waiting.hpp"

#include "common/measure/machine.hpp"
#include "common/measure/record.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/stop.hpp"

#include <string>

namespace {

void say_missing_peers() {
    using namespace ring_bench;
    for (const Contestant& peer : {boost_lockfree(), atomic_queue_spsc(), moodycamel_queue()}) {
        if (peer.stream != nullptr) continue;
        shm::say("without {}: install {}, and build again", peer.name, peer.package);
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace ring_bench;
    Plan plan;
    bool quick = false;
    std::string cores = "2";
    std::string json;
    std::string only = "all";
    std::string bytes = "all";
    plan.rounds = 0;
    return shm::program(
        argc, argv,
        "Measures the ring of this course beside Boost.Lockfree, atomic_queue and moodycamel, in "
        "turn, between two processes on a core each: about five minutes.",
        [&](shm::Options& options) {
            options.flag("--quick", quick, "Fewer and shorter runs: some 20 seconds");
            options.text("--json", json, "FILE", "none", "Write all figures to this file as well");
            options.choice("--only", only,
                           {"all", "ours", "boost", "atomic_queue", "ours (threads)", "moodycamel"},
                           "Which ring is measured");
            options.choice("--bytes", bytes,
                           {"all", "4", "8", "16", "24", "40", "64", "256", "1024"},
                           "Of which messages");
            options.number("--messages", plan.messages, 0, 4'000'000'000,
                           "In each run; 0: as many as take some milliseconds");
            options.number("--rounds", plan.rounds, 0, 1000,
                           "How many times each is measured, in turn; 0: as there is time");
            options.choice("--cores", cores, {"1", "2"}, "Both sides on one core, or on two");
        },
        [&] {
            if (!json.empty()) measure::require_writable(json);
            if (only != "all") plan.only = only;
            if (bytes != "all") plan.bytes = std::stoul(bytes);
            if (plan.rounds == 0) {  // as many as there is time for, 2 at least
                plan.rounds = quick ? 5 : 25;
                plan.seconds = quick ? 20 : 300;
            }
            plan.run_seconds = quick ? 0.008 : 0.030;
            plan.trial_seconds = quick ? 0.002 : 0.005;
            plan.trials = quick ? 1 : 2;
            const measure::Machine machine = measure::look_at_machine(cores == "1");
            plan.cpus = machine.cpus;
            say_machine(machine);
            say_missing_peers();
            std::vector<Cell> cells = grid(plan);
            Waiting waiting;
            const auto say_all = [&] {
                say_results(cells);
                say_waiting(waiting);
            };
            try {
                measure_cells(plan, cells);
                if (only == "all" || only == "ours") measure_waiting(plan, waiting);
            } catch (const shm::Stopped&) {
                say_all();  // what there is
                throw;
            }
            say_all();
            if (!json.empty()) write_json(json, plan, machine, cells, waiting);
            return 0;
        });
}
