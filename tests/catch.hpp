/// @file
/// Catch2, version 2 (Debian 12) or 3 (Debian 13), under one name.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace testing {

/// Says that the running test case needs what this machine does not allow; `return` next. ctest
/// shows such a test as skipped, never as passed. (Catch2 2 has no SKIP: ctest looks for the line.)
///
/// @param reason  what is missing, e.g. "needs root, to become another user"
void skip(const std::string& reason);

}  // namespace testing
