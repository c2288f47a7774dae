/// @file
/// What the wrappers of common/kernel/checked.hpp share. For them alone.
#pragma once

#include <cerrno>

namespace checked {

/// Returns what a failed call returns where its caller answers the error itself: -1, with errno as
/// it was.
inline int answered(int error) {
    errno = error;
    return -1;
}

}  // namespace checked
