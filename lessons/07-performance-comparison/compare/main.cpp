/// @file
/// Lesson 07: measures shared memory and its rivals between two processes, on this machine: round
/// trip, throughput, system calls, copies, sleeps and processor time, every payload checked.

#include "json.hpp"
#include "measure.hpp"
#include "own_ipc.hpp"
#include "plot.hpp"
#include "tables.hpp"

#include "common/measure/record.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <fmt/format.h>

#include <sys/prctl.h>  // prctl

#include <algorithm>
#include <csignal>
#include <sstream>
#include <string>

namespace {

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
                   const std::vector<comparison::Mechanism>& mechanisms) {
    for (const std::string& name : names) {
        const auto has_name = [&](const comparison::Mechanism& one) { return one.name == name; };
        if (std::any_of(mechanisms.begin(), mechanisms.end(), has_name)) continue;
        std::string all;
        for (const auto& one : mechanisms) {
            all += fmt::format("{}{}", all.empty() ? "" : "; ", one.name);
        }
        throw shm::UsageError(fmt::format("--only: '{}' is none of: {}", name, all));
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace comparison;
    Plan plan;
    bool quick = false;
    std::string json, csv, plot, only, ping, cores = "1,2", sizes = "64,4K,64K,1M";
    plan.rounds = 0;
    return shm::program(
        argc, argv,
        "Measures shared memory, pipes, sockets and queues between two processes on this machine: "
        "five to eight minutes.",
        [&](shm::Options& options) {
            options.flag("--quick", quick, "Fewer and shorter runs: within 30 seconds");
            options.text("--csv", csv, "FILE", "none", "Write all figures to this file as well");
            options.text("--json", json, "FILE", "none", "The same as JSON");
            options.text("--plot", plot, "DIR", "none", "Draw three pictures there, with gnuplot");
            options.text("--only", only, "NAMES", "all", "Only these; with ; between them");
            options.text("--sizes", sizes, "LIST", sizes, "Of these messages: 64, 4K, 64K, 1M");
            options.choice("--cores", cores, {"1", "2", "1,2"},
                           "Both sides on one core, or on two");
            options.number("--messages", plan.messages, 0, 10'000'000,
                           "In each run; 0: as many as there is time for");
            options.number("--rounds", plan.rounds, 0, 1000,
                           "How many times each is measured, in turn; 0: 7, with --quick 2");
            options.text("--ping", ping, "NAME", "none",
                         "Only send --messages, and measure nothing");
        },
        [&] {
            if (!json.empty()) measure::require_writable(json);
            if (!csv.empty()) measure::require_writable(csv);
            if (!plot.empty()) require_plots(plot);
            plan.sizes = sizes_of(sizes);
            plan.only = words_of(only, ';');
            if (cores != "1") plan.cores.push_back(2);
            if (cores != "2") plan.cores.push_back(1);
            if (plan.rounds == 0) plan.rounds = quick ? 2 : 7;
            plan.seconds = quick ? 0.02 : 0.2;
            plan.counts_all = !quick;

            const std::vector<Mechanism> all = mechanisms();
            require_known(plan.only, all);
            const std::string refused = enter_own_ipc();
            if (!refused.empty()) shm::note("no IPC namespace of its own: {}", refused);
            measure::Machine machine = measure::look_at_machine(false);
            if (!ping.empty()) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);  // whoever counts our calls may be killed
                require_known({ping}, all);
                const auto found = std::find_if(
                    all.begin(), all.end(), [&](const Mechanism& one) { return one.name == ping; });
                const measure::Cpus cpus = on_cores(machine, plan.cores.front());
                ping_only(*found, plan.sizes.front(), plan.messages, cpus);
                return 0;
            }
            measure::say_machine(machine);
            std::vector<Row> rows = rows_of(plan, all);
            try {
                measure_rows(plan, machine, rows);
            } catch (const shm::Stopped&) {
                say_table(plan, rows);  // what there is
                throw;
            }
            say_table(plan, rows);
            if (!csv.empty()) write_csv(csv, rows);
            if (!json.empty()) write_json(json, machine, rows);
            if (!plot.empty()) draw_plots(plot, rows);
            return 0;
        });
}
