/// @file
/// Lesson 07: measures shared memory and its rivals between two processes, on this machine: round
/// trip, throughput, system calls, copies, sleeps and processor time, every payload checked.

#include "figures.hpp"
#include "json.hpp"
#include "measure.hpp"
#include "own_ipc.hpp"
#include "tables.hpp"

#include "common/measure/record.hpp"
#include "common/measure/recording.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <sys/prctl.h>  // prctl

#include <algorithm>
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace comparison;

/// What the command line asks for.
struct Wish {
    Plan plan;
    bool is_quick = false;
    measure::Recording recording;
    std::string csv;
    std::string only, ping;
    std::string cores = "1,2";
    std::string sizes = "64,4K,64K,1M";
};

void add_options(shm::Options& options, Wish& wish) {
    options.flag("--quick", wish.is_quick, "Fewer and shorter runs: one to two minutes");
    options.text("--csv", wish.csv, "FILE", "none", "Write all figures to this file as well");
    measure::add_options(options, wish.recording);
    options.text("--only", wish.only, "NAMES", "all", "Only these; with ; between them");
    options.text("--sizes", wish.sizes, "LIST", wish.sizes, "Of these messages: 64, 4K, 64K, 1M");
    options.choice("--cores", wish.cores, {"1", "2", "1,2"}, "Both sides on one core, or on two");
    options.number("--messages", wish.plan.messages, 0, 10'000'000,
                   "In each run; 0: as many as there is time for");
    options.number("--rounds", wish.plan.rounds, 0, 1000,
                   "How many times each is measured, in turn; 0: 7, with --quick 2");
    options.text("--ping", wish.ping, "NAME", "none", "Only send --messages, and measure nothing");
}

/// Returns the words of a list: "64,4K", or "pipe;FIFO", since names have commas in them.
std::vector<std::string> words_of(const std::string& list, char between) {
    std::vector<std::string> words;
    std::istringstream text(list);
    for (std::string word; std::getline(text, word, between);) words.push_back(word);
    return words;
}

std::vector<std::size_t> sizes_of(const std::string& list) {
    std::vector<std::size_t> sizes;
    for (const std::string& word : words_of(list, ',')) {
        const std::size_t size = shm::parse_size(word);
        if (size != 64 && size != 4096 && size != 65536 && size != 1048576) {
            throw shm::UsageError("--sizes: '" + word + "' is none of: 64, 4K, 64K, 1M");
        }
        sizes.push_back(size);
    }
    return sizes;
}

void require_known(const std::vector<std::string>& names,
                   const std::vector<Mechanism>& mechanisms) {
    for (const std::string& name : names) {
        const auto has_name = [&](const Mechanism& one) { return one.name == name; };
        if (std::any_of(mechanisms.begin(), mechanisms.end(), has_name)) continue;
        std::string all;
        for (const auto& one : mechanisms) {
            all += fmt::format("{}{}", all.empty() ? "" : "; ", one.name);
        }
        throw shm::UsageError(fmt::format("--only: '{}' is none of: {}", name, all));
    }
}

/// Returns what is to be measured, and how long.
Plan plan_of(const Wish& wish) {
    Plan plan = wish.plan;
    plan.sizes = sizes_of(wish.sizes);
    plan.only = words_of(wish.only, ';');
    if (wish.cores != "1") plan.cores.push_back(2);
    if (wish.cores != "2") plan.cores.push_back(1);
    if (plan.rounds == 0) plan.rounds = wish.is_quick ? 2 : 7;
    plan.seconds = wish.is_quick ? 0.02 : 0.2;
    plan.counts_all = !wish.is_quick;
    return plan;
}

/// What strace counts: some messages through one mechanism, and their answers.
void ping(const std::string& name, const Plan& plan, const std::vector<Mechanism>& all,
          const measure::Machine& machine) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // the process that counts our calls may be killed
    require_known({name}, all);
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Mechanism& one) { return one.name == name; });
    ping_only(*found, plan.sizes.front(), plan.messages, on_cores(machine, plan.cores.front()));
}

/// Measures the rows, and says all that was measured, also where a signal ends it before.
void measure_and_say(const Plan& plan, const measure::Machine& machine, std::vector<Row>& rows) {
    try {
        measure_rows(plan, machine, rows);
    } catch (const shm::Stopped&) {
        say_table(plan, rows);  // what there is
        throw;
    }
    say_table(plan, rows);
}

int run(const Wish& wish) {
    measure::require_possible(wish.recording);
    if (!wish.csv.empty()) measure::require_writable(wish.csv);
    if (!wish.recording.from.empty()) {
        measure::draw_earlier(wish.recording, figures);
        return 0;
    }
    const Plan plan = plan_of(wish);
    const std::vector<Mechanism> all = mechanisms();
    require_known(plan.only, all);
    const std::string refused = enter_own_ipc();
    if (!refused.empty()) shm::note("no IPC namespace of its own: {}", refused);
    const measure::Machine machine = measure::look_at_machine(false);
    if (!wish.ping.empty()) {
        ping(wish.ping, plan, all, machine);
        return 0;
    }
    measure::say_machine(machine);
    std::vector<Row> rows = rows_of(plan, all);
    measure_and_say(plan, machine, rows);
    if (!wish.csv.empty()) write_csv(wish.csv, rows);
    const auto made = [&] { return record(machine, rows); };
    measure::keep(wish.recording, made, figures);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Wish wish;
    wish.plan.rounds = 0;  // see --rounds
    return shm::program(
        argc, argv,
        "Measures shared memory, pipes, sockets and queues between two processes on this machine: "
        "five to eight minutes.",
        [&](shm::Options& options) { add_options(options, wish); }, [&] { return run(wish); });
}
