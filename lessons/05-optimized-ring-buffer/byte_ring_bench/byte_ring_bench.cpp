/// @file
/// Lesson 05: measures the ring of bytes beside a pipe, between two processes, in turn: in place,
/// and with a copy on either side, as a pipe makes them.

#include "ways.hpp"

#include "common/measure/clock.hpp"
#include "common/measure/machine.hpp"
#include "common/measure/pair.hpp"
#include "common/measure/statistics.hpp"
#include "common/program/program.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace byte_ring_bench;

/// Returns how many messages a second went from one process to another; an eighth of them is not
/// timed.
template <typename Way>
double per_second(const Task& task) {
    const measure::Arena arena(8);
    const Way way;
    const std::uint64_t warm_up = task.messages / 8;
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < task.messages; ++i) expected += i * (task.bytes / 8);
    const auto receive = [&] {
        std::uint64_t sum = 0;
        measure::Clock::time_point start;
        way.receive(task, arena, [&](std::uint64_t number, std::span<const std::byte> message) {
            if (number == warm_up) start = measure::Clock::now();
            sum += sum_of(message);
        });
        arena.report().seconds = measure::seconds_since(start);
        arena.report().sum = sum;
    };
    measure::run_pair(
        task.cpus, measure::Between::processes, [&] { way.send(task, arena); }, receive);
    if (arena.report().sum != expected) throw shm::Failure("what came is not what was sent");
    return static_cast<double>(task.messages - warm_up) / arena.report().seconds;
}

/// What all rounds with messages of one length came to, in messages a second.
struct Row {
    std::vector<double> in_place, copied, pipe;
};

Row measure_row(const Task& task, std::uint64_t rounds) {
    Row row;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        row.in_place.push_back(per_second<InPlace>(task));
        row.pipe.push_back(per_second<Pipe>(task));
        row.copied.push_back(per_second<Copied>(task));
        row.pipe.push_back(per_second<Pipe>(task));
    }
    return row;
}

/// Returns every second value: the pipe's after `first`.
std::vector<double> every_second(const std::vector<double>& values, std::size_t first) {
    std::vector<double> result;
    for (std::size_t i = first; i < values.size(); i += 2) result.push_back(values[i]);
    return result;
}

std::string ratio(const std::vector<double>& above, const std::vector<double>& below) {
    const measure::Summary summary = measure::ratios(above, below);
    return fmt::format("{:6.2f} {:>13}", summary.median,
                       fmt::format("{:.2f} - {:.2f}", summary.least, summary.most));
}

void say_row(std::size_t bytes, const Row& row) {
    const auto rate = [](const std::vector<double>& values) {
        return measure::summary(values).median / 1e6;
    };
    shm::say("{:>6}{:>9.3f}{:>9.3f}{:>9.3f}  {}  {}", bytes, rate(row.in_place), rate(row.copied),
             rate(row.pipe), ratio(row.in_place, every_second(row.pipe, 0)),
             ratio(row.copied, every_second(row.pipe, 1)));
}

int run(std::uint64_t messages, std::uint64_t rounds) {
    const measure::Machine machine = measure::look_at_machine(false);
    measure::say_machine(machine);
    shm::say("Median of {}, M messages/s; ratio to the pipe: least - most",
             shm::count_text(rounds, "round"));
    shm::say("{:>6}{:>9}{:>9}{:>9}  {:>20}  {:>20}", "bytes", "in place", "copied", "pipe",
             "in place / pipe", "copied / pipe");
    for (const std::size_t bytes : {std::size_t{64}, std::size_t{1024}, std::size_t{16384}}) {
        const std::uint64_t all = std::max<std::uint64_t>(8000, 24'000'000 / (bytes + 64));
        say_row(bytes, measure_row({bytes, messages != 0 ? messages : all, machine.cpus}, rounds));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t messages = 0, rounds = 11;
    return shm::program(
        argc, argv,
        "Measures the ring of bytes beside a pipe, in turn, between two processes on a core each.",
        [&](shm::Options& options) {
            options.number("--messages", messages, 0, 4'000'000'000,
                           "In each run; 0: as many as take a part of a second");
            options.number("--rounds", rounds, 1, 1000, "How many times each is measured, in turn");
        },
        [&] { return run(messages, rounds); });
}
