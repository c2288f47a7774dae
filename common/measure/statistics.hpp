/// @file
/// What many rounds of a measurement come to. Used by lessons 04, 05 and 07.
#pragma once

#include <vector>

namespace measure {

/// Where a number of values lie.
struct Summary {
    double median = 0;  ///< half of them are less
    double least = 0;   ///< of all
    double most = 0;    ///< likewise
    double spread = 0;  ///< half of the values lie in a range so wide, as a part of the median
};

/// Returns where the values lie; all 0 where there are none.
Summary summary(std::vector<double> values);

/// Returns where the quotients of values of the same round lie. Machines change their mood from
/// second to second; two values that were measured one after the other share it.
Summary ratios(const std::vector<double>& above, const std::vector<double>& below);

/// Returns the mean that suits ratios; 0 where there are no values.
double geometric_mean(const std::vector<double>& values);

}  // namespace measure
