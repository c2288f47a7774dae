#include "text.hpp"

#include <fmt/core.h>

namespace ring_bench {

std::string number(double value, int width) {
    const int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:>{}.{}f}", value, width, digits);
}

std::string median(const Cell& cell, const Entry* entry, int width) {
    if (entry == nullptr || entry->values.empty()) return fmt::format("{:>{}}", "-", width);
    const double unit = cell.kind == Kind::stream ? 1e-6 : 1;
    return number(measure::summary(entry->values).median * unit, width);
}

std::string range(const measure::Summary& ratio) {
    if (ratio.median == 0) return fmt::format("{:>6}{:>13}", "-", "-");
    return fmt::format("{:>6.2f}{:>6.2f} -{:>5.2f}", ratio.median, ratio.least, ratio.most);
}

std::string spread(const Entry* entry) {
    if (entry == nullptr || entry->values.size() < 2) return fmt::format("{:>6}", "-");
    return fmt::format("{:>4.0f} %", 100 * measure::summary(entry->values).spread);
}

std::string verdict(double target, bool met) {
    return target == 0 ? "" : fmt::format("{:.2f} {}", target, met ? "met" : "MISSED");
}

std::string name_of(const Cell& cell) {
    return fmt::format("{:>4} x {:<5}", cell.bytes, cell.capacity);
}

}  // namespace ring_bench
