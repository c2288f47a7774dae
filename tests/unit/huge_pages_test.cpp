/// @file
/// What this machine allows of huge pages.

#include "common/kernel/huge_pages.hpp"

#include "tests/catch.hpp"

#include <sstream>
#include <string>

namespace {

std::string huge_of(const std::string& mountinfo) {
    std::istringstream text(mountinfo);
    return shm::huge_option(text);
}

}  // namespace

TEST_CASE("the option huge= of /dev/shm is read from its own mount, the last one of several") {
    const std::string other = "24 1 0:22 / /tmp rw - tmpfs tmpfs rw,huge=always\n";
    CHECK(huge_of(other) == "unknown");
    CHECK(huge_of(other + "25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=64k\n") ==
          "never");
    const std::string advise =
        "25 24 0:23 / /dev/shm rw,relatime shared:4 - tmpfs tmpfs rw,huge=advise,size=64k\n";
    CHECK(huge_of(advise) == "advise");
    CHECK(huge_of(advise + "26 25 0:24 / /dev/shm rw - tmpfs tmpfs rw,huge=within_size\n") ==
          "within_size");
}

TEST_CASE("the word in brackets is the choice that holds") {
    CHECK(shm::chosen("always within_size advise [never] deny force") == "never");
    CHECK(shm::chosen("[always] madvise never") == "always");
    CHECK(shm::chosen("") == "missing");
    CHECK(shm::chosen("] odd [") == "missing");
}
