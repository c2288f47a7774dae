#include "tables.hpp"

#include "common/measure/record.hpp"
#include "common/program/console.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace comparison {

namespace {

using measure::Summary;

double median(const Row& row, double Sample::*figure) {
    return summary_of(row, figure).median;
}

std::string size_text(std::size_t bytes) {
    if (bytes >= 1 << 20) return fmt::format("{} MiB", bytes >> 20);
    if (bytes >= 1 << 10) return fmt::format("{} KiB", bytes >> 10);
    return shm::count_text(bytes, "byte");
}

/// In microseconds, three figures.
std::string us(std::optional<double> ns) {
    if (!ns) return "few";
    const double value = *ns / 1000;
    return fmt::format("{:.{}f}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::string rate(double per_second, std::size_t bytes) {
    const double mb = per_second * static_cast<double>(bytes) / 1e6;
    return fmt::format("{:>7.0f}{:>7.0f}", per_second / 1000, mb);
}

void say_head(const Row& row) {
    shm::say("");
    shm::say("{}, {}: round trip, then one way", size_text(row.bytes),
             row.cores == 2 ? "a core each" : "both on one core");
    constexpr const char* columns = "{:<18}{:>6}{:>7}{:>7}{:>5}{:>7}{:>7}{:>6}{:>5}{:>6}{:>6}";
    shm::say(columns, "", "p50", "p99", "p99.9", "+/-", "1000", "", "calls", "copy", "sleep",
             "CPU");
    shm::say(columns, "", "us", "us", "us", "%", "msg/s", "MB/s", "/msg", "/msg", "/trip", "us");
}

/// Says what the columns mean that their heads are too short for, and why some have no figure.
void say_foot(const Plan& plan, const std::vector<Row>& rows) {
    const auto is_left_out = [&](const Row& row) {
        return !row.samples.empty() && !is_counted(plan, row);
    };
    const auto is_refused = [&](const Row& row) {
        return !row.samples.empty() && is_counted(plan, row) && !row.calls;
    };
    const auto has_few = [](const Row& row) {
        return !row.samples.empty() && !percentile(row, 0.999);
    };
    shm::say("");
    shm::say_folded("", "  ",
                    "+/-: how far the rounds are spread. Calls and copies: of a message, one way. "
                    "Sleeps, and CPU time of both sides: of a round trip.");
    if (std::any_of(rows.begin(), rows.end(), has_few)) {
        shm::say("few: too few round trips to say; p99 takes a hundred, p99.9 a thousand.");
    }
    if (std::any_of(rows.begin(), rows.end(), is_left_out)) {
        shm::say("calls ?: with --quick they are counted up to 4 KiB only, with a core each.");
    }
    if (std::any_of(rows.begin(), rows.end(), is_refused)) {
        shm::say("calls ?: it takes strace (apt install strace), and leave to trace.");
    }
}

}  // namespace

void say_table(const Plan& plan, const std::vector<Row>& rows) {
    const Row* before = nullptr;
    for (const Row& row : rows) {
        if (before == nullptr || before->bytes != row.bytes || before->cores != row.cores) {
            say_head(row);
        }
        before = &row;
        if (row.samples.empty()) {
            shm::say_folded(fmt::format("{:<18} - ", row.mechanism->name), std::string(21, ' '),
                            row.skipped.empty() ? "not measured" : row.skipped);
            continue;
        }
        const Summary trip = summary_of(row, &Sample::p50_ns);
        shm::say("{:<18}{:>6}{:>7}{:>7}{:>5.0f}{}{:>6}{:>5}{:>6.2f}{:>6}", row.mechanism->name,
                 us(trip.median), us(percentile(row, 0.99)), us(percentile(row, 0.999)),
                 100 * trip.spread, rate(median(row, &Sample::messages_per_s), row.bytes),
                 row.calls ? fmt::format("{:.1f}", *row.calls / 2) : "?", row.mechanism->copies,
                 median(row, &Sample::switches), us(median(row, &Sample::cpu_ns)));
    }
    say_foot(plan, rows);
}

void write_csv(const std::string& path, const std::vector<Row>& rows) {
    std::string out =
        "mechanism,message_bytes,cores,p50_ns,p99_ns,p999_ns,spread,messages_per_s,bytes_per_s,"
        "syscalls_per_message,copies_per_message,switches_per_round_trip,cpu_ns_per_round_trip,"
        "skipped\n";
    for (const Row& row : rows) {
        out += fmt::format("\"{}\",{},{},", row.mechanism->name, row.bytes, row.cores);
        if (row.samples.empty()) {
            out += fmt::format(",,,,,,,{},,,\"{}\"\n", row.mechanism->copies, row.skipped);
            continue;
        }
        const double each = median(row, &Sample::messages_per_s);
        const auto part = [&](double which) {
            const auto found = percentile(row, which);
            return found ? fmt::format("{:.0f}", *found) : "";
        };
        out += fmt::format(
            "{:.0f},{},{},{:.4f},{:.0f},{:.0f},{},{},{:.3f},{:.0f},\n",
            median(row, &Sample::p50_ns), part(0.99), part(0.999),
            summary_of(row, &Sample::p50_ns).spread, each, each * static_cast<double>(row.bytes),
            row.calls ? fmt::format("{:.2f}", *row.calls / 2) : "", row.mechanism->copies,
            median(row, &Sample::switches), median(row, &Sample::cpu_ns));
    }
    measure::write_file(path, out);
}

}  // namespace comparison
