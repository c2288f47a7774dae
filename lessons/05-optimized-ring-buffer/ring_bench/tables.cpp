#include "tables.hpp"

#include "targets.hpp"

#include "common/console.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace ring_bench {

namespace {

/// Returns three digits of a number, in a column so wide: "1530", "79.1", "6.42".
std::string number(double value, int width) {
    const int digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return fmt::format("{:>{}.{}f}", value, width, digits);
}

/// Returns an entry's median: millions of messages a second, or nanoseconds.
std::string median(const Entry* entry, int width) {
    if (entry == nullptr || entry->values.empty()) return fmt::format("{:>{}}", "-", width);
    const bool is_rate = entry->ring.stream != nullptr && entry->values.front() > 1e4;
    return number(summary(entry->values).median * (is_rate ? 1e-6 : 1), width);
}

std::string verdict(double value, double target, bool met) {
    if (target == 0) return "";
    return met ? fmt::format("met {:.2f}", target)
               : fmt::format("MISSED {:.2f} by {:.0f} %", target,
                             100 * std::abs(target - value) / target);
}

std::string compared(const Comparison& ratio) {
    if (ratio.peer.empty()) return fmt::format("{:>6}{:>13}  ", "-", "-");
    return fmt::format("{:>6.2f}{:>6.2f} -{:>5.2f}  ", ratio.ratio.median, ratio.ratio.least,
                       ratio.ratio.most);
}

std::string spread(const Entry* entry) {
    if (entry == nullptr || entry->values.size() < 2) return fmt::format("{:>7}", "-");
    return fmt::format("{:>5.0f} %", 100 * summary(entry->values).spread);
}

/// Says a table of one message a call: streams of one case, or round trips.
void say_single(const std::vector<Cell>& cells, Kind kind, Case what) {
    std::vector<double> all;
    bool headed = false;
    for (const Cell& cell : cells) {
        if (cell.kind != kind || cell.what != what) continue;
        if (!std::exchange(headed, true)) {
            shm::say("");
            shm::say("{}", kind == Kind::round_trip ? "Round trip through two rings, ns"
                           : what == Case::steady   ? "One push and one pop a call, M messages/s"
                           : what == Case::bursts   ? "The same, and the producer rests after "
                                                      "each burst of 256 messages"
                                                    : "The same, and the consumer works on each "
                                                      "message");
            shm::say("{:<14}{:^24}{:^15}{}", "", "two processes", "two threads",
                     "  ours / fastest peer");
            shm::say("{:<14}{:>7}{:>8}{:>8}{:>8}{:>8}  {:>6}{:>13}  {:>7}  {}", "bytes x count",
                     "ours", "boost", "atomic", "ours", "moody", "median", "least - most", "spread",
                     "target");
        }
        const Comparison ratio = against_peers(cell);
        const std::string name = fmt::format("{:>5} x {}", cell.bytes, cell.capacity);
        shm::say("{:<14}{}{}{}{}{}  {}{}  {}", name, median(cell.find("ours"), 7),
                 median(cell.find("boost"), 8), median(cell.find("atomic_queue"), 8),
                 median(cell.find("ours (threads)"), 8), median(cell.find("moodycamel"), 8),
                 compared(ratio), spread(cell.find("ours")),
                 verdict(ratio.ratio.median, ratio.target, ratio.met()));
        const bool counts = std::has_single_bit(cell.bytes);
        if (!ratio.peer.empty() && counts) all.push_back(ratio.ratio.median);
    }
    if (all.empty()) return;
    const double mean = geometric_mean(all);
    const double target = kind == Kind::stream && what == Case::steady ? 1.8 : 0;
    shm::say("{:<14}{:>39}  {:>6.2f}{:>24}{}", "geometric mean", "", mean, "",
             verdict(mean, target, mean >= target));
}

}  // namespace

void say_machine(const Machine& machine) {
    shm::say("{}, {}{}", machine.processor, machine.kernel,
             machine.is_virtual ? ", a virtual machine" : "");
    shm::say("{} {}; governor: {}; producer on CPU {}, consumer on CPU {}", machine.compiler,
             machine.flags, machine.governor, machine.producer_cpu, machine.consumer_cpu);
    for (const std::string& warning : machine.warnings) shm::note("warning: {}", warning);
    for (const Contestant& peer : {boost_lockfree(), atomic_queue_spsc(), moodycamel_queue()}) {
        if (peer.stream != nullptr) continue;
        shm::say("without {}: install {} and build again", peer.name, peer.package);
    }
}

void say_results(const std::vector<Cell>& cells) {
    say_single(cells, Kind::stream, Case::steady);
    say_single(cells, Kind::stream, Case::slow_consumer);
    say_single(cells, Kind::stream, Case::bursts);
    say_single(cells, Kind::round_trip, Case::steady);
}

}  // namespace ring_bench
