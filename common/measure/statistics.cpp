#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace measure {

namespace {

/// Returns the value below which that part of the sorted values lies, between two of them if need
/// be.
double at(const std::vector<double>& sorted, double part) {
    const double place = part * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double share = place - static_cast<double>(below);
    return sorted[below] + share * (sorted[above] - sorted[below]);
}

}  // namespace

Summary summary(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const double median = at(values, 0.5);
    return {.median = median,
            .least = values.front(),
            .most = values.back(),
            .spread = median == 0 ? 0 : (at(values, 0.75) - at(values, 0.25)) / median};
}

Summary ratios(const std::vector<double>& above, const std::vector<double>& below) {
    std::vector<double> quotients;
    for (std::size_t i = 0; i < std::min(above.size(), below.size()); ++i) {
        quotients.push_back(above[i] / below[i]);
    }
    return summary(std::move(quotients));
}

double geometric_mean(const std::vector<double>& values) {
    if (values.empty()) return 0;
    double logarithms = 0;
    for (const double value : values) logarithms += std::log(value);
    return std::exp(logarithms / static_cast<double>(values.size()));
}

}  // namespace measure
