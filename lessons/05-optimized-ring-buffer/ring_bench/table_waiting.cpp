#include "text.hpp"
#include "waiting.hpp"

#include "common/program/console.hpp"

namespace ring_bench {

namespace {

void say_pair(const char* what, const std::vector<double>& ours, const char* other_name,
              const std::vector<double>& other, double target) {
    if (ours.empty() || other.empty()) return;
    const measure::Summary ratio = measure::ratios(ours, other);
    shm::say("{:<18}{}  {:<9}{}{}  {}", what, number(measure::summary(ours).median, 6), other_name,
             number(measure::summary(other).median, 6), range(ratio),
             verdict(target, ratio.median <= target));
}

}  // namespace

void say_waiting(const Waiting& waiting) {
    if (waiting.pipe.empty()) return;
    shm::say("\nWaiting: round trip of 8 bytes by push and pop, ns");
    shm::say("{:<18}{:>6}  {:<9}{:>6}{:>6}{:>13}  {}", "", "ours", "beside", "", "ratio",
             "least - most", "target");
    say_pair("a core each", waiting.blocking, "spinning", waiting.spinning, 1.1);
    say_pair("both on one core", waiting.on_one_core, "pipe", waiting.pipe, 1.25);
    if (waiting.idle_seconds != 0) {
        shm::say_folded(
            "", "  ",
            fmt::format(
                "A consumer that waits {:g} s for nothing uses {:.1f} ms of processor "
                "time, and sleeps {}.",
                waiting.idle_seconds, 1e3 * waiting.idle_cpu_seconds,
                shm::count_text(static_cast<std::uint64_t>(waiting.idle_switches), "time")));
    }
    if (waiting.without_calls) {
        shm::say_folded("", "  ",
                        fmt::format("A producer with no peer to wake sent {} {} a system call "
                                    "(seccomp).",
                                    shm::count_text(waiting.messages_without_calls, "message"),
                                    *waiting.without_calls ? "without" : "NOT without"));
    }
}

}  // namespace ring_bench
