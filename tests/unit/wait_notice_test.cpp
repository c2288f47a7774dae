/// @file
/// common/program/wait_notice.hpp.

#include "common/program/wait_notice.hpp"
#include "tests/unit/support.hpp"

#include <cstdlib>

using namespace std::chrono_literals;
using unit::in_child;

namespace {

/// Returns what a wait of `rounds` rounds says, where SHM_WAIT_NOTICE_MS is `setting`.
std::string said(const char* setting, int rounds = 1) {
    return in_child([=] {
               setenv("SHM_WAIT_NOTICE_MS", setting, 1);
               shm::WaitNotice notice(60s);
               for (int round = 0; round < rounds; ++round) {
                   notice.begin_again();
                   notice.look("a consumer", "in a second terminal: consumer");
               }
               return 0;
           })
        .err;
}

constexpr const char* line =
    "program: waiting up to 60 s for a consumer; in a second terminal: consumer\n";

}  // namespace

TEST_CASE("a wait says once for whom, how long, and what to do") {
    CHECK(said("0") == line);
    CHECK(said("0", 3) == line);
}

TEST_CASE("a wait that is short says nothing") {
    CHECK(said("86400000").empty());
}

TEST_CASE("a wait that is to say nothing says nothing, nor does one that is told nonsense") {
    for (const char* setting : {"never", "", "-1", "1s"}) CHECK(said(setting, 3).empty());
}

TEST_CASE("by default a wait speaks after half a second") {
    const unit::Ended ended = in_child([] {
        unsetenv("SHM_WAIT_NOTICE_MS");
        shm::WaitNotice notice(60s);
        shm::pause_for(500ms);
        notice.look("a consumer", "in a second terminal: consumer");
        return 0;
    });
    CHECK(ended.err == line);
}

TEST_CASE("a time is shown as a person reads it") {
    CHECK(shm::time_text(60s) == "60 s");
    CHECK(shm::time_text(1500ms) == "1500 ms");
    CHECK(shm::time_text(0ms) == "0 ms");
}
