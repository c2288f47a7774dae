#include "text.hpp"
#include "waiting.hpp"

#include "common/console.hpp"

namespace ring_bench {

namespace {

void say_pair(const char* what, const std::vector<double>& ours, const char* other_name,
              const std::vector<double>& other, double target) {
    if (ours.empty() || other.empty()) return;
    const Summary ratio = ratios(ours, other);
    shm::say("{:<32}{}  {:<12}{}{}  {}", what, number(summary(ours).median, 6), other_name,
             number(summary(other).median, 6), range(ratio),
             verdict(target, ratio.median <= target));
}

}  // namespace

void say_waiting(const Waiting& waiting) {
    if (waiting.pipe.empty()) return;
    shm::say("\nWaiting: round trip of 8 bytes, ns");
    shm::say("{:<32}{:>6}  {:<12}{:>6}{:>7}{:>14}  {}", "", "ours", "beside", "", "ratio",
             "least - most", "target");
    say_pair("push and pop, a core each", waiting.blocking, "spinning", waiting.spinning, 1.1);
    say_pair("push and pop, both on one core", waiting.on_one_core, "pipe", waiting.pipe, 1.25);
    if (waiting.idle_seconds != 0) {
        shm::say(
            "A consumer that waits {:g} s for nothing uses {:.1f} ms of processor time, and "
            "sleeps {} times.",
            waiting.idle_seconds, 1e3 * waiting.idle_cpu_seconds, waiting.idle_switches);
    }
    if (waiting.without_calls) {
        shm::say("A producer with nobody to wake sent {} messages {} a system call (seccomp).",
                 waiting.messages_without_calls,
                 *waiting.without_calls ? "without" : "NOT without");
    }
}

}  // namespace ring_bench
