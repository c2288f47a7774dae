/// @file
/// For tests of a machine that is not to be disturbed.
#pragma once

#include "tests/catch.hpp"
#include "tests/harness/isolate.hpp"

#include <string>

/// Gives this process namespaces of its own, or skips the test with the reason.
#define OWN_NAMESPACES_OR_SKIP()                                         \
    do {                                                                 \
        const std::string refused_ = ::harness::enter_own_namespaces();  \
        if (!refused_.empty()) {                                         \
            ::testing::skip("needs namespaces of its own: " + refused_); \
            return;                                                      \
        }                                                                \
    } while (false)
