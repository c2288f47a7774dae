#include "tables.hpp"

#include "targets.hpp"
#include "text.hpp"

#include "common/console.hpp"

#include <string>

namespace ring_bench {

namespace {

/// Says a table's title and heads, unless none of the cells belongs to it.
template <typename Belongs>
std::vector<const Cell*> chosen(const std::vector<Cell>& cells, const Belongs& belongs) {
    std::vector<const Cell*> found;
    for (const Cell& cell : cells) {
        if (belongs(cell) && !cell.entries.front().values.empty()) found.push_back(&cell);
    }
    return found;
}

/// Says how ours compares with the fastest peer on the whole.
void say_mean(const std::vector<double>& ratios, int column, double target) {
    if (ratios.empty()) return;
    const double mean = geometric_mean(ratios);
    shm::say("{:<{}}{:>7.2f}{:>22}{}", "geometric mean of 4 to 1024", column, mean, "",
             verdict(target, mean >= target));
}

void say_calls(const std::vector<Cell>& cells, Case what, const std::string& title) {
    const auto rows = chosen(
        cells, [&](const Cell& cell) { return cell.kind == Kind::stream && cell.what == what; });
    if (rows.empty()) return;
    shm::say("\n{}", title);
    shm::say("{:<14}{:^23}{:^17}{:^21}", "", "two processes", "two threads", "ours / fastest peer");
    shm::say("{:<14}{:>7}{:>8}{:>8}{:>9}{:>8}{:>7}{:>14}  {:>6}  {}", "bytes x count", "ours",
             "boost", "atomic", "ours", "moody", "median", "least - most", "spread", "target");
    std::vector<double> means;
    for (const Cell* cell : rows) {
        const Comparison peers = against_peers(*cell);
        shm::say("{}{}{}{}{}{}{}  {}  {}", name_of(*cell), median(*cell, cell->find("ours"), 7),
                 median(*cell, cell->find("boost"), 8),
                 median(*cell, cell->find("atomic_queue"), 8),
                 median(*cell, cell->find("ours (threads)"), 9),
                 median(*cell, cell->find("moodycamel"), 8), range(peers.ratio),
                 spread(cell->find("ours")), verdict(peers.target, peers.met()));
        if (!peers.peer.empty() && has_grid_size(*cell)) means.push_back(peers.ratio.median);
    }
    say_mean(means, 54, what == Case::steady ? 1.8 : 0);
}

void say_spans(const std::vector<Cell>& cells) {
    const auto rows = chosen(cells, [](const Cell& cell) {
        return cell.kind == Kind::stream && cell.find("ours", "span64") != nullptr;
    });
    if (rows.empty()) return;
    shm::say("\nThrough spans, nothing copied, M messages/s; bulk: whole blocks of 16 KiB");
    shm::say("{:<14}{:^17}{:^21}{:>15}{:^26}{:>6}", "", "ours", "span64 / fastest peer", "",
             "span64 as a part of bulk", "bytes a");
    shm::say("{:<14}{:>8}{:>9}{:>7}{:>14}  {:<11}{:>6}{:>7}  {:<12}{:>8}", "bytes x count",
             "span64", "span256", "median", "least - most", "target", "GB/s", "part", "target",
             "message");
    std::vector<double> means;
    for (const Cell* cell : rows) {
        const Comparison peers = against_peers(*cell, "span64");
        const Summary part = against_limit(*cell, "span64");
        const Entry* span = cell->find("ours", "span64");
        const Entry* bulk = cell->find("bulk");
        const double target = target_of_limit(*cell);
        shm::say("{}{}{}{}  {:<11}{}{:>7}  {:<12}{:>8.1f}", name_of(*cell), median(*cell, span, 8),
                 median(*cell, cell->find("ours", "span256"), 9), range(peers.ratio),
                 peers.peer.empty() ? "" : verdict(peers.target, peers.met()),
                 bulk == nullptr ? "     -" : number(summary(bulk->values).median * 1e-9, 6),
                 part.median == 0 ? "-" : fmt::format("{:.0f} %", 100 * part.median),
                 part.median == 0 ? "" : verdict(target, part.median >= target),
                 static_cast<double>(span->ring.memory(span->task)) /
                     static_cast<double>(cell->capacity));
        if (!peers.peer.empty() && has_grid_size(*cell)) means.push_back(peers.ratio.median);
    }
    say_mean(means, 31, 2);
    for (const Cell* cell : rows) {
        const Entry* alone = cell->find("alone");
        if (alone == nullptr || alone->values.empty()) continue;
        shm::say("One process that fills and empties a ring of {} x {} by calls, alone:{} M/s",
                 cell->bytes, cell->capacity, median(*cell, alone, 6));
    }
}

void say_round_trips(const std::vector<Cell>& cells) {
    const auto rows = chosen(cells, [](const Cell& cell) { return cell.kind == Kind::round_trip; });
    if (rows.empty()) return;
    shm::say(
        "\nRound trip through two rings, ns; line: one cache line each way, looked at at once");
    shm::say("{:<6}{:^20}{:^15}{:>6}{:^19}{:^21}", "", "two processes", "two threads", "",
             "best peer / ours", "ours / line");
    shm::say("{:<6}{:>6}{:>7}{:>7}{:>8}{:>7}{:>6}{:>7} {:<11}{:>7}{:>14} {}", "bytes", "ours",
             "boost", "atomic", "ours", "moody", "line", "median", "target", "median",
             "least - most", "target");
    for (const Cell* cell : rows) {
        const Comparison peers = against_peers(*cell);
        const Summary part = against_limit(*cell);
        const double target = target_of_limit(*cell);
        shm::say("{:>5} {}{}{}{}{}{}{:>7.2f} {:<11}{} {}", cell->bytes,
                 median(*cell, cell->find("ours"), 6), median(*cell, cell->find("boost"), 7),
                 median(*cell, cell->find("atomic_queue"), 7),
                 median(*cell, cell->find("ours (threads)"), 8),
                 median(*cell, cell->find("moodycamel"), 7), median(*cell, cell->find("line"), 6),
                 peers.ratio.median, peers.peer.empty() ? "" : verdict(peers.target, peers.met()),
                 range(part), part.median == 0 ? "" : verdict(target, part.median <= target));
    }
}

}  // namespace

void say_results(const std::vector<Cell>& cells) {
    say_calls(cells, Case::steady, "One push and one pop a call, M messages/s");
    say_spans(cells);
    say_round_trips(cells);
    say_calls(cells, Case::slow_consumer,
              "One a call, and the consumer works on each as long as the fastest ring takes");
    say_calls(cells, Case::bursts,
              "One a call, and the producer rests after each 256 for as long as they took");
}

}  // namespace ring_bench
