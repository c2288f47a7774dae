#include "tables.hpp"

#include "common/measure/statistics.hpp"
#include "common/program/console.hpp"

#include <sstream>

namespace ladder {

namespace {

using measure::summary;

constexpr std::size_t head_width = 52;
constexpr std::size_t text_width = shm::line_width - head_width;

std::string ratio(const Row* before, const Row& row) {
    if (before == nullptr) return "";
    return fmt::format("x {:.2f}", measure::ratios(row.values, before->values).median);
}

void say_row(const Row* before, const Row& row) {
    const measure::Summary rate = summary(row.values);
    say_beside(fmt::format("{:<27}{:>7}{:>9}{:>5.0f} %", row.name, millions(rate.median),
                           ratio(before, row), 100 * rate.spread),
               row.reason);
}

}  // namespace

std::string millions(double per_second) {
    const double value = per_second * 1e-6;
    return fmt::format("{:.{}f}", value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

void say_beside(const std::string& head, const std::string& text) {
    std::string begin = head;
    std::string line;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (!line.empty() && line.size() + 1 + word.size() > text_width) {
            shm::say("{:<{}}{}", begin, head_width, line);
            begin.clear();
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    shm::say("{:<{}}{}", begin, head_width, line);
}

void say_ladder(const std::vector<Row>& steps, const std::vector<Row>& limits) {
    shm::say("{:<27}{:>7}{:>9}{:>7}  {}", "4-byte messages, 1024 fit", "M/s", "ratio", "spread",
             "why");
    const Row* before = nullptr;
    for (const Row& row : steps) {
        say_row(before, row);
        before = &row;
    }
    shm::say("");
    shm::say("The limits of this machine, in the same run, as such messages:");
    for (const Row& row : limits) say_row(nullptr, row);
}

void say_why_begins() {
    shm::say("");
    shm::say("Why: one thing is varied at a time; ratios are to the first of each group.");
}

void say_why(const Experiment& experiment) {
    shm::say("");
    shm::say_folded("", "", experiment.reason);
    shm::say_folded("  ", "  ", experiment.what);
    for (const Row& row : experiment.rows) {
        const bool first = &row == &experiment.rows.front();
        const measure::Summary rate = summary(row.values);
        shm::say("    {:<27}{:>7} {:<16}{:>7}{:>5.0f} %", row.name, millions(rate.median),
                 experiment.unit, first ? "" : ratio(&experiment.rows.front(), row),
                 100 * rate.spread);
    }
}

}  // namespace ladder
