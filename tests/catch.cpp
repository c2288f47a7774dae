#include "tests/catch.hpp"

#include <cstdio>

namespace testing {

void skip(const std::string& reason) {
    std::printf("skipped: %s\n", reason.c_str());
    std::fflush(stdout);
}

}  // namespace testing
