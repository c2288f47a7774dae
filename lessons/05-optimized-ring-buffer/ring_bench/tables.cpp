#include "tables.hpp"

#include "targets.hpp"
#include "text.hpp"

#include "common/program/console.hpp"

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
/// @param column  where the ratio stands
/// @param gap     from there to the target
void say_mean(const std::vector<double>& ratios, int column, int gap, double target) {
    if (ratios.empty()) return;
    const double mean = measure::geometric_mean(ratios);
    shm::say("{:<{}}{:>6.2f}{:>{}}{}", "geometric mean of 4 to 1024", column, mean, "", gap,
             verdict(target, mean >= target));
}

void say_calls(const std::vector<Cell>& cells, Case what, const std::string& title) {
    const auto rows = chosen(
        cells, [&](const Cell& cell) { return cell.kind == Kind::stream && cell.what == what; });
    if (rows.empty()) return;
    shm::say("\n{}", title);
    shm::say("{:<12}{:^18}{:^12}{:^19}", "", "two processes", "two threads", "ours / fastest peer");
    shm::say("{:<12}{:>6}{:>6}{:>6}{:>6}{:>6}{:>6}{:>13}{:>6}  {}", "bytes, count", "ours", "boost",
             "atom.", "ours", "moody", "ratio", "least - most", "+/-", "target");
    std::vector<double> means;
    for (const Cell* cell : rows) {
        const Comparison peers = against_peers(*cell);
        shm::say("{}{}{}{}{}{}{}{}  {}", name_of(*cell), median(*cell, cell->find("ours"), 6),
                 median(*cell, cell->find("boost"), 6),
                 median(*cell, cell->find("atomic_queue"), 6),
                 median(*cell, cell->find("ours (threads)"), 6),
                 median(*cell, cell->find("moodycamel"), 6), range(peers.ratio),
                 spread(cell->find("ours")), verdict(peers.target, peers.met()));
        if (!peers.peer.empty() && has_grid_size(*cell)) means.push_back(peers.ratio.median);
    }
    say_mean(means, 42, 21, what == Case::steady ? 1.8 : 0);
}

/// Says the rounds apart in which the processors were near each other, and far from each other.
void say_distances(const std::vector<Cell>& cells) {
    const auto rows = chosen(cells, [](const Cell& cell) {
        return cell.kind == Kind::stream && cell.what == Case::steady &&
               against_peers(cell).rounds != 0;
    });
    if (rows.empty()) return;
    shm::say("\nOne a call, ours / fastest peer, by what a cache line takes there and back");
    shm::say("{:<12}  {:^25}  {:^25}", "", fmt::format("near: {} ns at most", most_near_ns),
             "far: more");
    shm::say("{:<12}  {:>6}{:>6}{:>13}  {:>6}{:>6}{:>13}", "bytes, count", "rounds", "ratio",
             "least - most", "rounds", "ratio", "least - most");
    std::vector<double> near_means, far_means;
    for (const Cell* cell : rows) {
        const Comparison near = against_peers(*cell, "single", Distance::near);
        const Comparison far = against_peers(*cell, "single", Distance::far);
        shm::say("{}  {:>6}{}  {:>6}{}", name_of(*cell), near.rounds, range(near.ratio), far.rounds,
                 range(far.ratio));
        if (!has_grid_size(*cell)) continue;
        if (near.rounds != 0) near_means.push_back(near.ratio.median);
        if (far.rounds != 0) far_means.push_back(far.ratio.median);
    }
    const auto mean = [](const std::vector<double>& ratios) {
        return ratios.empty() ? "-" : fmt::format("{:.2f}", measure::geometric_mean(ratios));
    };
    shm::say("{:<20}{:>6}{:>27}", "4 to 1024, mean", mean(near_means), mean(far_means));
}

/// Says how near the spans come to a plain copy, and what memory a message takes.
void say_parts_of_bulk(const std::vector<const Cell*>& rows) {
    shm::say("Bulk: 16 KiB blocks, through as much memory as the ring has, 64 KiB at least");
    shm::say("{:<12}{:>7}{:>23}  {:<12}{}", "", "bulk", "span64 as a part of it", "", "bytes");
    shm::say("{:<12}{:>7}{:>23}  {:<12}{}", "bytes, count", "GB/s", "", "target", "a message");
    for (const Cell* cell : rows) {
        const Summary part = against_limit(*cell, "span64");
        const Entry* span = cell->find("ours", "span64");
        const Entry* bulk = cell->find("bulk");
        const double target = target_of_limit(*cell);
        shm::say(
            "{}{}{:>23}  {:<12}{:>9.1f}", name_of(*cell),
            bulk == nullptr ? "      -" : number(measure::summary(bulk->values).median * 1e-9, 7),
            part.median == 0 ? "-" : fmt::format("{:.0f} %", 100 * part.median),
            part.median == 0 ? "" : verdict(target, part.median >= target),
            static_cast<double>(span->ring.memory(span->task)) /
                static_cast<double>(cell->capacity));
    }
}

void say_spans(const std::vector<Cell>& cells) {
    const auto rows = chosen(cells, [](const Cell& cell) {
        return cell.kind == Kind::stream && cell.find("ours", "span64") != nullptr;
    });
    if (rows.empty()) return;
    shm::say("\nThrough spans, nothing copied, M messages/s");
    shm::say("{:<12}{:^16}{:^19}", "", "ours", "span64 / fastest peer");
    shm::say("{:<12}{:>7}{:>9}{:>6}{:>13}  {}", "bytes, count", "span64", "span256", "ratio",
             "least - most", "target");
    std::vector<double> means, limits;
    for (const Cell* cell : rows) {
        const Comparison peers = against_peers(*cell, "span64");
        shm::say("{}{}{}{}  {}", name_of(*cell), median(*cell, cell->find("ours", "span64"), 7),
                 median(*cell, cell->find("ours", "span256"), 9), range(peers.ratio),
                 peers.peer.empty() ? "" : verdict(peers.target, peers.met()));
        if (peers.peer.empty() || !has_grid_size(*cell)) continue;
        means.push_back(peers.ratio.median);
        const double part_of_bulk = against_limit(*cell, "span64").median;
        if (part_of_bulk > 0) limits.push_back(peers.ratio.median / part_of_bulk);
    }
    say_mean(means, 28, 15, 2);
    if (!limits.empty())
        shm::say("{:<28}{:>6.2f}", "bulk / the same peers", measure::geometric_mean(limits));
    say_parts_of_bulk(rows);
    for (const Cell* cell : rows) {
        const Entry* alone = cell->find("alone");
        if (alone == nullptr || alone->values.empty()) continue;
        shm::say("One process alone, that fills and empties a ring of {} x {}:{} M/s", cell->bytes,
                 cell->capacity, median(*cell, alone, 6));
    }
}

void say_round_trips(const std::vector<Cell>& cells) {
    const auto rows = chosen(cells, [](const Cell& cell) { return cell.kind == Kind::round_trip; });
    if (rows.empty()) return;
    shm::say("\nRound trip through two rings, ns");
    shm::say("{:<6}{:^20}{:^16}{:^19}", "", "two processes", "two threads", "best peer / ours");
    shm::say("{:<6}{:>6}{:>7}{:>7}{:>8}{:>7}{:>9}  {}", "bytes", "ours", "boost", "atomic", "ours",
             "moody", "ratio", "target");
    for (const Cell* cell : rows) {
        const Comparison peers = against_peers(*cell);
        shm::say("{:>5} {}{}{}{}{}{:>9}  {}", cell->bytes, median(*cell, cell->find("ours"), 6),
                 median(*cell, cell->find("boost"), 7),
                 median(*cell, cell->find("atomic_queue"), 7),
                 median(*cell, cell->find("ours (threads)"), 8),
                 median(*cell, cell->find("moodycamel"), 7),
                 peers.peer.empty() ? "-" : fmt::format("{:.2f}", peers.ratio.median),
                 peers.peer.empty() ? "" : verdict(peers.target, peers.met()));
    }
    shm::say("Beside one cache line each way, looked at at once (line):");
    shm::say("{:<6}{:>6}{:>6}{:^19}", "", "", "", "ours / line");
    shm::say("{:<6}{:>6}{:>6}{:>6}{:>13}  {}", "bytes", "ours", "line", "ratio", "least - most",
             "target");
    for (const Cell* cell : rows) {
        const Summary part = against_limit(*cell);
        const double target = target_of_limit(*cell);
        shm::say("{:>5} {}{}{}  {}", cell->bytes, median(*cell, cell->find("ours"), 6),
                 median(*cell, cell->find("line"), 6), range(part),
                 part.median == 0 ? "" : verdict(target, part.median <= target));
    }
}

}  // namespace

void say_results(const std::vector<Cell>& cells) {
    say_calls(cells, Case::steady, "One push and one pop a call, M messages/s");
    say_distances(cells);
    say_spans(cells);
    say_round_trips(cells);
    say_calls(cells, Case::slow_consumer,
              "One a call, and the consumer works on each as long as the fastest ring takes");
    say_calls(cells, Case::bursts,
              "One a call, and the producer rests after each 256 for as long as they took");
}

}  // namespace ring_bench
