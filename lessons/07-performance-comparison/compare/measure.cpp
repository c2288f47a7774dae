#include "measure.hpp"

#include "common/measure/arena.hpp"
#include "common/measure/clock.hpp"
#include "common/measure/pair.hpp"
#include "common/measure/progress.hpp"
#include "common/measure/usage.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

using namespace std::chrono_literals;

namespace comparison {

namespace {

using measure::Arena;
using measure::Between;
using measure::Clock;
using measure::Cpus;
using measure::run_pair;

constexpr std::size_t most_samples = 200'000;

/// What the sides leave for the parent.
struct Result {
    double seconds;  // that the server needed to take what was streamed
    long switches[2];
    double cpu_seconds[2];
    std::uint64_t count;                  // latencies that follow
    std::uint32_t latency[most_samples];  // ns
};

std::uint64_t seed_of(std::uint64_t number, Side from) {
    return number * 0x9e37'79b9'7f4a'7c15 + (from == Side::client ? 1 : 2);
}

/// Every 8 bytes differ from their neighbours, and from those of the message before.
void fill(Bytes place, std::uint64_t seed) {
    for (std::size_t at = 0; at + 8 <= place.size(); at += 8) {
        const std::uint64_t word = seed + at;
        std::memcpy(place.data() + at, &word, 8);
    }
}

void check(std::span<const std::byte> message, std::uint64_t seed) {
    std::uint64_t wrong = 0;
    for (std::size_t at = 0; at + 8 <= message.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, message.data() + at, 8);
        wrong |= word ^ (seed + at);
    }
    if (wrong != 0) throw shm::Failure("a message did not arrive as it was sent");
}

//! [ask answer]
/// From writing a message to having read its answer.
void ask(End& end, std::uint64_t messages, std::uint64_t warm_up, Result& result) {
    auto start = Clock::now();
    for (std::uint64_t i = 0; i < messages; ++i) {
        fill(end.place(), seed_of(i, Side::client));
        end.send();
        check(end.receive(), seed_of(i, Side::server));
        const auto now = Clock::now();
        if (i >= warm_up && i - warm_up < most_samples) {
            const auto time = std::min<std::int64_t>((now - start).count(), UINT32_MAX);
            result.latency[i - warm_up] = static_cast<std::uint32_t>(time);
        }
        start = now;
    }
    result.count = std::min<std::uint64_t>(messages - warm_up, most_samples);
}

void answer(End& end, std::uint64_t messages) {
    for (std::uint64_t i = 0; i < messages; ++i) {
        check(end.receive(), seed_of(i, Side::client));
        fill(end.place(), seed_of(i, Side::server));
        end.send();
    }
}
//! [ask answer]

void send_all(End& end, std::uint64_t messages) {
    for (std::uint64_t i = 0; i < messages; ++i) {
        fill(end.place(), seed_of(i, Side::client));
        end.send();
    }
    check(end.receive(), seed_of(0, Side::server));  // it has all: not before may we end
}

void receive_all(End& end, std::uint64_t messages, std::uint64_t warm_up, Result& result) {
    Clock::time_point start;
    for (std::uint64_t i = 0; i < messages; ++i) {
        check(end.receive(), seed_of(i, Side::client));
        if (i + 1 == warm_up) start = Clock::now();
    }
    result.seconds = measure::seconds_since(start);
    fill(end.place(), seed_of(0, Side::server));
    end.send();
}

template <typename Client, typename Server>
void run(const Mechanism& mechanism, std::size_t bytes, const Cpus& cpus, const Arena& arena,
         Client client, Server server) {
    const std::unique_ptr<Channel> channel = mechanism.make(bytes);
    auto& result = *static_cast<Result*>(arena.ring(0));
    const auto side = [&](Side which, const auto& body) {
        const auto end = channel->open(which);
        arena.start();
        const auto before = measure::usage();
        body(*end, result);
        const auto after = measure::usage();
        const int index = which == Side::client ? 0 : 1;
        result.switches[index] = after.switches - before.switches;
        result.cpu_seconds[index] = after.cpu_seconds - before.cpu_seconds;
    };
    run_pair(
        cpus, Between::processes, [&] { side(Side::client, client); },
        [&] { side(Side::server, server); });
}

/// Returns what is in the middle, or where else `part` says. There must be something.
double at_part(std::vector<std::uint32_t> trips, double part) {
    const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(trips.size() - 1));
    std::nth_element(trips.begin(), trips.begin() + rank, trips.end());
    return trips[static_cast<std::size_t>(rank)];
}

/// Returns what one round of a row found; its round trips are added to `trips`.
Sample round_of(const Row& row, const Cpus& cpus, std::uint64_t asked, std::uint64_t streamed,
                std::vector<std::uint32_t>& trips) {
    Sample sample;
    const std::uint64_t warm_up = asked / 10 + 1;
    {
        const Arena arena(sizeof(Result));
        run(
            *row.mechanism, row.bytes, cpus, arena,
            [&](End& end, Result& result) { ask(end, asked + warm_up, warm_up, result); },
            [&](End& end, Result&) { answer(end, asked + warm_up); });
        const auto& result = *static_cast<const Result*>(arena.ring(0));
        const std::vector<std::uint32_t> times(result.latency, result.latency + result.count);
        trips.insert(trips.end(), times.begin(), times.end());
        sample.p50_ns = at_part(times, 0.5);
        const auto all = static_cast<double>(asked + warm_up);
        sample.switches = static_cast<double>(result.switches[0] + result.switches[1]) / all;
        sample.cpu_ns = (result.cpu_seconds[0] + result.cpu_seconds[1]) * 1e9 / all;
    }
    const Arena arena(sizeof(Result));
    const std::uint64_t first = streamed / 10 + 1;
    run(
        *row.mechanism, row.bytes, cpus, arena,
        [&](End& end, Result&) { send_all(end, streamed + first); },
        [&](End& end, Result& result) { receive_all(end, streamed + first, first, result); });
    const auto& result = *static_cast<const Result*>(arena.ring(0));
    sample.messages_per_s = static_cast<double>(streamed) / result.seconds;
    return sample;
}

/// How many messages a run has.
struct Count {
    std::uint64_t asked;     ///< with an answer each
    std::uint64_t streamed;  ///< one way
};

/// Returns how many take about so long, by a short trial.
Count enough(const Row& row, const Cpus& cpus, double seconds) {
    const bool large = row.bytes > 100'000;
    std::vector<std::uint32_t> unused;
    const Sample trial = round_of(row, cpus, large ? 5 : 15, large ? 20 : 2000, unused);
    const double asked = seconds * 1e9 / std::max(trial.p50_ns, 50.0);
    // Many times what a ring or a pipe holds (16,384 writes of 64 bytes): else the last is sent
    // before the first is taken.
    const double least = std::max(80.0, std::min(65'536.0, 80e6 / static_cast<double>(row.bytes)));
    const double streamed = std::clamp(seconds * trial.messages_per_s, least, 2e6);
    return {static_cast<std::uint64_t>(std::clamp(asked, 10.0, 150'000.0)),
            static_cast<std::uint64_t>(streamed)};
}

}  // namespace

measure::Cpus on_cores(const measure::Machine& machine, unsigned cores) {
    if (cores == 2) return machine.cpus;
    return {.producer = machine.cpus.producer, .consumer = machine.cpus.producer};
}

measure::Summary summary_of(const Row& row, double Sample::*figure) {
    std::vector<double> values;
    for (const Sample& sample : row.samples) values.push_back(sample.*figure);
    return measure::summary(values);
}

std::optional<double> percentile(const Row& row, double part) {
    if (static_cast<double>(row.trips.size()) * (1 - part) < 0.999) return std::nullopt;
    return at_part(row.trips, part);
}

std::vector<Row> rows_of(const Plan& plan, const std::vector<Mechanism>& mechanisms) {
    std::vector<Row> rows;
    for (const unsigned cores : plan.cores) {
        for (const std::size_t bytes : plan.sizes) {
            for (const Mechanism& mechanism : mechanisms) {
                const bool is_wanted =
                    plan.only.empty() || std::find(plan.only.begin(), plan.only.end(),
                                                   mechanism.name) != plan.only.end();
                if (is_wanted) rows.push_back({&mechanism, bytes, cores, {}, {}});
            }
        }
    }
    return rows;
}

bool is_counted(const Plan& plan, const Row& row) {
    return plan.counts_all || (row.bytes <= 4096 && row.cores == 2);
}

void measure_rows(const Plan& plan, const measure::Machine& machine, std::vector<Row>& rows) {
    std::vector<Count> messages(rows.size(), Count{plan.messages, plan.messages});
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Row& row = rows[i];
        shm::check_stop();
        try {
            if (row.cores == 2 && machine.cpus.are_one()) {
                throw Skipped("this process may use one CPU only");
            }
            static_cast<void>(row.mechanism->make(row.bytes));  // is it to be had?
            if (plan.messages == 0) {
                messages[i] = enough(row, on_cores(machine, row.cores), plan.seconds / 2);
            }
            if (is_counted(plan, row)) row.calls = count_calls(row);
            order.push_back(i);
        } catch (const Skipped& reason) {
            row.skipped = reason.what();
        }
    }
    std::mt19937_64 random(plan.seed);
    measure::Progress progress(plan.rounds * order.size());
    for (std::uint64_t round = 0; round < plan.rounds; ++round) {
        std::shuffle(order.begin(), order.end(), random);  // so that no row always follows another
        for (const std::size_t i : order) {
            shm::check_stop();
            Row& row = rows[i];
            progress.step(fmt::format("{}, {} bytes", row.mechanism->name, row.bytes));
            const Cpus cpus = on_cores(machine, row.cores);
            row.samples.push_back(
                round_of(row, cpus, messages[i].asked, messages[i].streamed, row.trips));
        }
    }
}

void ping_only(const Mechanism& mechanism, std::size_t bytes, std::uint64_t messages,
               const Cpus& cpus) {
    const Arena arena(sizeof(Result));
    run(
        mechanism, bytes, cpus, arena,
        [&](End& end, Result& result) { ask(end, messages, 0, result); },
        [&](End& end, Result&) { answer(end, messages); });
}

}  // namespace comparison
